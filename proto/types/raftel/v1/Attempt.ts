// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Attempt {
  'at'?: (number | string | Long);
  'uri'?: (string);
  'hop'?: (string);
  'outcome'?: (string);
  'over'?: (number | string | Long);
}

export interface Attempt__Output {
  'at': (number);
  'uri': (string);
  'hop': (string);
  'outcome': (string);
  'over': (number);
}
