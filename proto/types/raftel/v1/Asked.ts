// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Asked {
  'at'?: (number | string | Long);
  'from'?: (string);
  'uri'?: (string);
  'transport'?: (string);
  'address'?: (string);
}

export interface Asked__Output {
  'at': (number);
  'from': (string);
  'uri': (string);
  'transport': (string);
  'address': (string);
}
