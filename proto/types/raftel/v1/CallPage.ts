// Original file: proto/control.proto

import type { Call as _raftel_v1_Call, Call__Output as _raftel_v1_Call__Output } from '../../raftel/v1/Call.ts';
import type { Long } from '@grpc/proto-loader';

export interface CallPage {
  'rows'?: (_raftel_v1_Call)[];
  'next'?: (string);
  'total'?: (number | string | Long);
  'applied'?: (number | string | Long);
}

export interface CallPage__Output {
  'rows': (_raftel_v1_Call__Output)[];
  'next': (string);
  'total': (number);
  'applied': (number);
}
