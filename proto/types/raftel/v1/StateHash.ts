// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface StateHash {
  'index'?: (number | string | Long);
  'hash'?: (string);
}

export interface StateHash__Output {
  'index': (number);
  'hash': (string);
}
