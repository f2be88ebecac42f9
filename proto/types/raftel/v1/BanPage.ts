// Original file: proto/control.proto

import type { Ban as _raftel_v1_Ban, Ban__Output as _raftel_v1_Ban__Output } from '../../raftel/v1/Ban.ts';
import type { Long } from '@grpc/proto-loader';

export interface BanPage {
  'rows'?: (_raftel_v1_Ban)[];
  'next'?: (string);
  'total'?: (number | string | Long);
  'applied'?: (number | string | Long);
}

export interface BanPage__Output {
  'rows': (_raftel_v1_Ban__Output)[];
  'next': (string);
  'total': (number);
  'applied': (number);
}
