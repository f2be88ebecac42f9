// Original file: proto/control.proto

import type { TrunkView as _raftel_v1_TrunkView, TrunkView__Output as _raftel_v1_TrunkView__Output } from '../../raftel/v1/TrunkView.ts';
import type { Long } from '@grpc/proto-loader';

export interface Trunk {
  'name'?: (string);
  'version'?: (number | string | Long);
  'tenant'?: (string);
  'state'?: (string);
  'unreachableFrom'?: (string)[];
  'targets'?: (string)[];
  'registers'?: (boolean);
  'registeredBy'?: (string);
  'maxCalls'?: (number | string | Long);
  'disabled'?: (boolean);
  'text'?: (string);
  'hasPassword'?: (boolean);
  'views'?: (_raftel_v1_TrunkView)[];
  '_maxCalls'?: "maxCalls";
}

export interface Trunk__Output {
  'name': (string);
  'version': (number);
  'tenant': (string);
  'state': (string);
  'unreachableFrom': (string)[];
  'targets': (string)[];
  'registers': (boolean);
  'registeredBy': (string);
  'maxCalls'?: (number);
  'disabled': (boolean);
  'text': (string);
  'hasPassword': (boolean);
  'views': (_raftel_v1_TrunkView__Output)[];
  '_maxCalls'?: "maxCalls";
}
