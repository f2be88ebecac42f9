// Original file: proto/control.proto

import type { Operator as _raftel_v1_Operator, Operator__Output as _raftel_v1_Operator__Output } from '../../raftel/v1/Operator.ts';

export interface OperatorToken {
  'operator'?: (_raftel_v1_Operator | null);
  'token'?: (string);
}

export interface OperatorToken__Output {
  'operator': (_raftel_v1_Operator__Output | null);
  'token': (string);
}
