// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface AuditEntry {
  'seq'?: (number | string | Long);
  'at'?: (number | string | Long);
  'index'?: (number | string | Long);
  'who'?: (string);
  'from'?: (string);
  'why'?: (string);
  'what'?: (string);
  'table'?: (string);
  'key'?: (string);
  'before'?: (string);
  'after'?: (string);
}

export interface AuditEntry__Output {
  'seq': (number);
  'at': (number);
  'index': (number);
  'who': (string);
  'from': (string);
  'why': (string);
  'what': (string);
  'table': (string);
  'key': (string);
  'before': (string);
  'after': (string);
}
