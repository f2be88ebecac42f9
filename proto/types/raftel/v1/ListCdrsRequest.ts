// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface ListCdrsRequest {
  'limit'?: (number);
  'after'?: (string);
  'since'?: (number | string | Long);
  'until'?: (number | string | Long);
  'from'?: (string);
  'to'?: (string);
  'tenant'?: (string);
  'cause'?: (number);
  'disposition'?: (string);
  'problem'?: (boolean);
  'linearizable'?: (boolean);
  'oneWay'?: (boolean);
  'slowSetup'?: (number);
}

export interface ListCdrsRequest__Output {
  'limit': (number);
  'after': (string);
  'since': (number);
  'until': (number);
  'from': (string);
  'to': (string);
  'tenant': (string);
  'cause': (number);
  'disposition': (string);
  'problem': (boolean);
  'linearizable': (boolean);
  'oneWay': (boolean);
  'slowSetup': (number);
}
