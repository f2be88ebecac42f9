// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface CommitPlanRequest {
  'text'?: (string);
  'author'?: (string);
  'expect'?: (number | string | Long);
  'document'?: (string);
  'reason'?: (string);
  'breakGlass'?: (boolean);
  '_expect'?: "expect";
}

export interface CommitPlanRequest__Output {
  'text': (string);
  'author': (string);
  'expect'?: (number);
  'document': (string);
  'reason': (string);
  'breakGlass': (boolean);
  '_expect'?: "expect";
}
