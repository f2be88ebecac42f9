// Original file: proto/control.proto

import type { RateRow as _raftel_v1_RateRow, RateRow__Output as _raftel_v1_RateRow__Output } from '../../raftel/v1/RateRow.ts';
import type { Long } from '@grpc/proto-loader';

export interface Price {
  'deck'?: (string);
  'version'?: (number);
  'currency'?: (string);
  'rate'?: (_raftel_v1_RateRow | null);
  'cost'?: (number | string | Long);
}

export interface Price__Output {
  'deck': (string);
  'version': (number);
  'currency': (string);
  'rate': (_raftel_v1_RateRow__Output | null);
  'cost': (number);
}
