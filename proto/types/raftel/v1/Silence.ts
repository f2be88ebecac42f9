// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Silence {
  'node'?: (string);
  'ms'?: (number | string | Long);
}

export interface Silence__Output {
  'node': (string);
  'ms': (number);
}
