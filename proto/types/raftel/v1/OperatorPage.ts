// Original file: proto/control.proto

import type { Operator as _raftel_v1_Operator, Operator__Output as _raftel_v1_Operator__Output } from '../../raftel/v1/Operator.ts';
import type { Long } from '@grpc/proto-loader';

export interface OperatorPage {
  'rows'?: (_raftel_v1_Operator)[];
  'next'?: (string);
  'total'?: (number | string | Long);
  'applied'?: (number | string | Long);
}

export interface OperatorPage__Output {
  'rows': (_raftel_v1_Operator__Output)[];
  'next': (string);
  'total': (number);
  'applied': (number);
}
