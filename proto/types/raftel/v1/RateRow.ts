// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface RateRow {
  'prefix'?: (string);
  'price'?: (number | string | Long);
  'connect'?: (number | string | Long);
  'first'?: (number);
  'increment'?: (number);
  'free'?: (number);
  'from'?: (number | string | Long);
  'to'?: (number | string | Long);
  'name'?: (string);
}

export interface RateRow__Output {
  'prefix': (string);
  'price': (number);
  'connect': (number);
  'first': (number);
  'increment': (number);
  'free': (number);
  'from': (number);
  'to': (number);
  'name': (string);
}
