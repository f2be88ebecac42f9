// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface NodeVerdict {
  'id'?: (string);
  'verdict'?: (string);
  'hash'?: (string);
  'applied'?: (number | string | Long);
}

export interface NodeVerdict__Output {
  'id': (string);
  'verdict': (string);
  'hash': (string);
  'applied': (number);
}
