// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Deck {
  'name'?: (string);
  'version'?: (number);
  'currency'?: (string);
  'uses'?: (string)[];
  'rates'?: (number);
  'importedAt'?: (number | string | Long);
}

export interface Deck__Output {
  'name': (string);
  'version': (number);
  'currency': (string);
  'uses': (string)[];
  'rates': (number);
  'importedAt': (number);
}
