// Original file: proto/control.proto

import type { Silence as _raftel_v1_Silence, Silence__Output as _raftel_v1_Silence__Output } from '../../raftel/v1/Silence.ts';
import type { Long } from '@grpc/proto-loader';

export interface NodeStatus {
  'id'?: (string);
  'role'?: (string);
  'leader'?: (string);
  'term'?: (number | string | Long);
  'last'?: (number | string | Long);
  'commit'?: (number | string | Long);
  'applied'?: (number | string | Long);
  'quorum'?: (boolean);
  'hash'?: (string);
  'sip'?: (string);
  'control'?: (string);
  'media'?: (string);
  'mediaDetail'?: (string);
  'startedAt'?: (number | string | Long);
  'connected'?: (string)[];
  'version'?: (string);
  'pid'?: (number);
  'silence'?: (_raftel_v1_Silence)[];
}

export interface NodeStatus__Output {
  'id': (string);
  'role': (string);
  'leader': (string);
  'term': (number);
  'last': (number);
  'commit': (number);
  'applied': (number);
  'quorum': (boolean);
  'hash': (string);
  'sip': (string);
  'control': (string);
  'media': (string);
  'mediaDetail': (string);
  'startedAt': (number);
  'connected': (string)[];
  'version': (string);
  'pid': (number);
  'silence': (_raftel_v1_Silence__Output)[];
}
