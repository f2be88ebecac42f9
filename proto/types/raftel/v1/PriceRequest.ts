// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface PriceRequest {
  'number'?: (string);
  'deck'?: (string);
  'use'?: (string);
  'at'?: (number | string | Long);
  'seconds'?: (number);
}

export interface PriceRequest__Output {
  'number': (string);
  'deck': (string);
  'use': (string);
  'at': (number);
  'seconds': (number);
}
