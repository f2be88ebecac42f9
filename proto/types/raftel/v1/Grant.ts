// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Grant {
  'id'?: (string);
  'amount'?: (number | string | Long);
  'reason'?: (string);
  'by'?: (string);
  'at'?: (number | string | Long);
}

export interface Grant__Output {
  'id': (string);
  'amount': (number);
  'reason': (string);
  'by': (string);
  'at': (number);
}
