// Original file: proto/control.proto

import type { Grant as _raftel_v1_Grant, Grant__Output as _raftel_v1_Grant__Output } from '../../raftel/v1/Grant.ts';
import type { Long } from '@grpc/proto-loader';

export interface Credit {
  'account'?: (string);
  'currency'?: (string);
  'granted'?: (number | string | Long);
  'spent'?: (number | string | Long);
  'balance'?: (number | string | Long);
  'reserved'?: (number | string | Long);
  'grants'?: (_raftel_v1_Grant)[];
}

export interface Credit__Output {
  'account': (string);
  'currency': (string);
  'granted': (number);
  'spent': (number);
  'balance': (number);
  'reserved': (number);
  'grants': (_raftel_v1_Grant__Output)[];
}
