// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface ListAuditRequest {
  'since'?: (number | string | Long);
  'who'?: (string);
  'what'?: (string);
  'limit'?: (number);
  'before'?: (number | string | Long);
  'seq'?: (number | string | Long);
  'linearizable'?: (boolean);
}

export interface ListAuditRequest__Output {
  'since': (number);
  'who': (string);
  'what': (string);
  'limit': (number);
  'before': (number);
  'seq': (number);
  'linearizable': (boolean);
}
