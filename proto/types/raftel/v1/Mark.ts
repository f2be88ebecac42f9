// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Mark {
  'at'?: (number | string | Long);
  'what'?: (string);
}

export interface Mark__Output {
  'at': (number);
  'what': (string);
}
