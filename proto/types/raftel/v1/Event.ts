// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Event {
  'at'?: (number | string | Long);
  'kind'?: (string);
  'severity'?: (string);
  'text'?: (string);
  'subject'?: (string);
}

export interface Event__Output {
  'at': (number);
  'kind': (string);
  'severity': (string);
  'text': (string);
  'subject': (string);
}
