// Original file: proto/control.proto

import type { Credit as _raftel_v1_Credit, Credit__Output as _raftel_v1_Credit__Output } from '../../raftel/v1/Credit.ts';
import type { Long } from '@grpc/proto-loader';

export interface CreditPage {
  'rows'?: (_raftel_v1_Credit)[];
  'next'?: (string);
  'total'?: (number | string | Long);
  'applied'?: (number | string | Long);
}

export interface CreditPage__Output {
  'rows': (_raftel_v1_Credit__Output)[];
  'next': (string);
  'total': (number);
  'applied': (number);
}
