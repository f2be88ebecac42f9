// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface PlanChanged {
  'version'?: (number | string | Long);
  'author'?: (string);
  'committedAt'?: (number | string | Long);
  'rules'?: (number);
  'document'?: (string);
  'reason'?: (string);
  'warnings'?: (string)[];
  'tests'?: (number);
  'failed'?: (number);
}

export interface PlanChanged__Output {
  'version': (number);
  'author': (string);
  'committedAt': (number);
  'rules': (number);
  'document': (string);
  'reason': (string);
  'warnings': (string)[];
  'tests': (number);
  'failed': (number);
}
