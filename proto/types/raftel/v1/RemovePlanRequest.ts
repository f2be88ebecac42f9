// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface RemovePlanRequest {
  'document'?: (string);
  'author'?: (string);
  'expect'?: (number | string | Long);
  'reason'?: (string);
  'breakGlass'?: (boolean);
  '_expect'?: "expect";
}

export interface RemovePlanRequest__Output {
  'document': (string);
  'author': (string);
  'expect'?: (number);
  'reason': (string);
  'breakGlass': (boolean);
  '_expect'?: "expect";
}
