// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface PlanVerdict {
  'faults'?: (string)[];
  'warnings'?: (string)[];
  'faultsTotal'?: (number);
  'warningsTotal'?: (number);
  'version'?: (number | string | Long);
  'rules'?: (number);
}

export interface PlanVerdict__Output {
  'faults': (string)[];
  'warnings': (string)[];
  'faultsTotal': (number);
  'warningsTotal': (number);
  'version': (number);
  'rules': (number);
}
