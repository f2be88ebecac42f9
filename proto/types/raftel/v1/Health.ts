// Original file: proto/control.proto

import type { Check as _raftel_v1_Check, Check__Output as _raftel_v1_Check__Output } from '../../raftel/v1/Check.ts';

export interface Health {
  'checks'?: (_raftel_v1_Check)[];
  'node'?: (string);
}

export interface Health__Output {
  'checks': (_raftel_v1_Check__Output)[];
  'node': (string);
}
