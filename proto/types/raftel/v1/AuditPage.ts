// Original file: proto/control.proto

import type { AuditEntry as _raftel_v1_AuditEntry, AuditEntry__Output as _raftel_v1_AuditEntry__Output } from '../../raftel/v1/AuditEntry.ts';
import type { Long } from '@grpc/proto-loader';

export interface AuditPage {
  'rows'?: (_raftel_v1_AuditEntry)[];
  'total'?: (number | string | Long);
  'applied'?: (number | string | Long);
}

export interface AuditPage__Output {
  'rows': (_raftel_v1_AuditEntry__Output)[];
  'total': (number);
  'applied': (number);
}
