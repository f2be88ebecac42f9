// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface ListCommitsRequest {
  'document'?: (string);
  'limit'?: (number);
  'before'?: (number | string | Long);
  'linearizable'?: (boolean);
}

export interface ListCommitsRequest__Output {
  'document': (string);
  'limit': (number);
  'before': (number);
  'linearizable': (boolean);
}
