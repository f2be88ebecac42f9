// Original file: proto/control.proto

import type { Leg as _raftel_v1_Leg, Leg__Output as _raftel_v1_Leg__Output } from '../../raftel/v1/Leg.ts';
import type { MediaStream as _raftel_v1_MediaStream, MediaStream__Output as _raftel_v1_MediaStream__Output } from '../../raftel/v1/MediaStream.ts';
import type { Long } from '@grpc/proto-loader';

export interface Call {
  'id'?: (string);
  'state'?: (string);
  'from'?: (string);
  'to'?: (string);
  'node'?: (string);
  'startedAt'?: (number | string | Long);
  'answeredAt'?: (number | string | Long);
  'media'?: (string);
  'planVersion'?: (number | string | Long);
  'rule'?: (string);
  'target'?: (string);
  'legs'?: (_raftel_v1_Leg)[];
  'streams'?: (_raftel_v1_MediaStream)[];
}

export interface Call__Output {
  'id': (string);
  'state': (string);
  'from': (string);
  'to': (string);
  'node': (string);
  'startedAt': (number);
  'answeredAt': (number);
  'media': (string);
  'planVersion': (number);
  'rule': (string);
  'target': (string);
  'legs': (_raftel_v1_Leg__Output)[];
  'streams': (_raftel_v1_MediaStream__Output)[];
}
