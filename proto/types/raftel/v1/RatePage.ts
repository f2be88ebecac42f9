// Original file: proto/control.proto

import type { RateRow as _raftel_v1_RateRow, RateRow__Output as _raftel_v1_RateRow__Output } from '../../raftel/v1/RateRow.ts';
import type { Long } from '@grpc/proto-loader';

export interface RatePage {
  'rows'?: (_raftel_v1_RateRow)[];
  'next'?: (string);
  'total'?: (number | string | Long);
  'applied'?: (number | string | Long);
}

export interface RatePage__Output {
  'rows': (_raftel_v1_RateRow__Output)[];
  'next': (string);
  'total': (number);
  'applied': (number);
}
