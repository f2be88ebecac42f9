// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Commit {
  'version'?: (number | string | Long);
  'document'?: (string);
  'kind'?: (string);
  'author'?: (string);
  'from'?: (string);
  'reason'?: (string);
  'committedAt'?: (number | string | Long);
  'rules'?: (number);
  'bytes'?: (number | string | Long);
  'previous'?: (number | string | Long);
  'restored'?: (number | string | Long);
  'passed'?: (number);
  'failed'?: (number);
  'breakGlass'?: (boolean);
  'kept'?: (boolean);
}

export interface Commit__Output {
  'version': (number);
  'document': (string);
  'kind': (string);
  'author': (string);
  'from': (string);
  'reason': (string);
  'committedAt': (number);
  'rules': (number);
  'bytes': (number);
  'previous': (number);
  'restored': (number);
  'passed': (number);
  'failed': (number);
  'breakGlass': (boolean);
  'kept': (boolean);
}
