// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Plan {
  'version'?: (number | string | Long);
  'text'?: (string);
  'author'?: (string);
  'committedAt'?: (number | string | Long);
  'rules'?: (number);
  'document'?: (string);
  'reason'?: (string);
}

export interface Plan__Output {
  'version': (number);
  'text': (string);
  'author': (string);
  'committedAt': (number);
  'rules': (number);
  'document': (string);
  'reason': (string);
}
