// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface PutTrunkRequest {
  'name'?: (string);
  'text'?: (string);
  'password'?: (string);
  'expect'?: (number | string | Long);
  'dryRun'?: (boolean);
  '_expect'?: "expect";
}

export interface PutTrunkRequest__Output {
  'name': (string);
  'text': (string);
  'password': (string);
  'expect'?: (number);
  'dryRun': (boolean);
  '_expect'?: "expect";
}
