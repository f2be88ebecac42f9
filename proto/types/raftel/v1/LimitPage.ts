// Original file: proto/control.proto

import type { Limit as _raftel_v1_Limit, Limit__Output as _raftel_v1_Limit__Output } from '../../raftel/v1/Limit.ts';
import type { Long } from '@grpc/proto-loader';

export interface LimitPage {
  'rows'?: (_raftel_v1_Limit)[];
  'next'?: (string);
  'total'?: (number | string | Long);
  'applied'?: (number | string | Long);
}

export interface LimitPage__Output {
  'rows': (_raftel_v1_Limit__Output)[];
  'next': (string);
  'total': (number);
  'applied': (number);
}
