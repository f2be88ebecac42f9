// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface RollbackPlanRequest {
  'version'?: (number | string | Long);
  'author'?: (string);
  'expect'?: (number | string | Long);
  'reason'?: (string);
  'breakGlass'?: (boolean);
  '_expect'?: "expect";
}

export interface RollbackPlanRequest__Output {
  'version': (number);
  'author': (string);
  'expect'?: (number);
  'reason': (string);
  'breakGlass': (boolean);
  '_expect'?: "expect";
}
