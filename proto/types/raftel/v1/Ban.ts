// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Ban {
  'source'?: (string);
  'reason'?: (string);
  'by'?: (string);
  'expires'?: (number | string | Long);
}

export interface Ban__Output {
  'source': (string);
  'reason': (string);
  'by': (string);
  'expires': (number);
}
