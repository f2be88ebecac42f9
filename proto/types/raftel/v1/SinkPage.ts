// Original file: proto/control.proto

import type { Sink as _raftel_v1_Sink, Sink__Output as _raftel_v1_Sink__Output } from '../../raftel/v1/Sink.ts';
import type { Long } from '@grpc/proto-loader';

export interface SinkPage {
  'rows'?: (_raftel_v1_Sink)[];
  'next'?: (string);
  'total'?: (number | string | Long);
  'applied'?: (number | string | Long);
  'dropped'?: (number | string | Long);
}

export interface SinkPage__Output {
  'rows': (_raftel_v1_Sink__Output)[];
  'next': (string);
  'total': (number);
  'applied': (number);
  'dropped': (number);
}
