// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Cdr {
  'seq'?: (number | string | Long);
  'id'?: (string);
  'told'?: (string);
  'problem'?: (string);
}

export interface Cdr__Output {
  'seq': (number);
  'id': (string);
  'told': (string);
  'problem': (string);
}
