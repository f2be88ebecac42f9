// Original file: proto/control.proto

import type { Cdr as _raftel_v1_Cdr, Cdr__Output as _raftel_v1_Cdr__Output } from '../../raftel/v1/Cdr.ts';
import type { Long } from '@grpc/proto-loader';

export interface CdrPage {
  'rows'?: (_raftel_v1_Cdr)[];
  'next'?: (string);
  'first'?: (number | string | Long);
  'following'?: (number | string | Long);
  'applied'?: (number | string | Long);
}

export interface CdrPage__Output {
  'rows': (_raftel_v1_Cdr__Output)[];
  'next': (string);
  'first': (number);
  'following': (number);
  'applied': (number);
}
