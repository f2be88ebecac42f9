// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Guard {
  'action'?: (string);
  'newCountry'?: (boolean);
  'nightFrom'?: (number);
  'nightTo'?: (number);
  'spendPerHour'?: (number | string | Long);
  '_nightFrom'?: "nightFrom";
  '_nightTo'?: "nightTo";
  '_spendPerHour'?: "spendPerHour";
}

export interface Guard__Output {
  'action': (string);
  'newCountry': (boolean);
  'nightFrom'?: (number);
  'nightTo'?: (number);
  'spendPerHour'?: (number);
  '_nightFrom'?: "nightFrom";
  '_nightTo'?: "nightTo";
  '_spendPerHour'?: "spendPerHour";
}
