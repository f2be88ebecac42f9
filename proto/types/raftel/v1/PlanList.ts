// Original file: proto/control.proto

import type { Plan as _raftel_v1_Plan, Plan__Output as _raftel_v1_Plan__Output } from '../../raftel/v1/Plan.ts';
import type { Long } from '@grpc/proto-loader';

export interface PlanList {
  'rows'?: (_raftel_v1_Plan)[];
  'version'?: (number | string | Long);
}

export interface PlanList__Output {
  'rows': (_raftel_v1_Plan__Output)[];
  'version': (number);
}
