// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface RefusedCdr {
  'seq'?: (number | string | Long);
  'why'?: (string);
}

export interface RefusedCdr__Output {
  'seq': (number);
  'why': (string);
}
