// Original file: proto/control.proto

import type { Registration as _raftel_v1_Registration, Registration__Output as _raftel_v1_Registration__Output } from '../../raftel/v1/Registration.ts';
import type { Call as _raftel_v1_Call, Call__Output as _raftel_v1_Call__Output } from '../../raftel/v1/Call.ts';
import type { User as _raftel_v1_User, User__Output as _raftel_v1_User__Output } from '../../raftel/v1/User.ts';
import type { ClusterNode as _raftel_v1_ClusterNode, ClusterNode__Output as _raftel_v1_ClusterNode__Output } from '../../raftel/v1/ClusterNode.ts';
import type { Ban as _raftel_v1_Ban, Ban__Output as _raftel_v1_Ban__Output } from '../../raftel/v1/Ban.ts';
import type { Trunk as _raftel_v1_Trunk, Trunk__Output as _raftel_v1_Trunk__Output } from '../../raftel/v1/Trunk.ts';
import type { AuditEntry as _raftel_v1_AuditEntry, AuditEntry__Output as _raftel_v1_AuditEntry__Output } from '../../raftel/v1/AuditEntry.ts';

// Original file: proto/control.proto

export const _raftel_v1_Change_Kind = {
  PUT: 'PUT',
  REMOVED: 'REMOVED',
  SYNCED: 'SYNCED',
} as const;

export type _raftel_v1_Change_Kind =
  | 'PUT'
  | 0
  | 'REMOVED'
  | 1
  | 'SYNCED'
  | 2

export type _raftel_v1_Change_Kind__Output = typeof _raftel_v1_Change_Kind[keyof typeof _raftel_v1_Change_Kind]

export interface Change {
  'kind'?: (_raftel_v1_Change_Kind);
  'key'?: (string);
  'registration'?: (_raftel_v1_Registration | null);
  'call'?: (_raftel_v1_Call | null);
  'user'?: (_raftel_v1_User | null);
  'node'?: (_raftel_v1_ClusterNode | null);
  'ban'?: (_raftel_v1_Ban | null);
  'trunk'?: (_raftel_v1_Trunk | null);
  'audit'?: (_raftel_v1_AuditEntry | null);
  'row'?: "registration"|"call"|"user"|"node"|"ban"|"trunk"|"audit";
}

export interface Change__Output {
  'kind': (_raftel_v1_Change_Kind__Output);
  'key': (string);
  'registration'?: (_raftel_v1_Registration__Output | null);
  'call'?: (_raftel_v1_Call__Output | null);
  'user'?: (_raftel_v1_User__Output | null);
  'node'?: (_raftel_v1_ClusterNode__Output | null);
  'ban'?: (_raftel_v1_Ban__Output | null);
  'trunk'?: (_raftel_v1_Trunk__Output | null);
  'audit'?: (_raftel_v1_AuditEntry__Output | null);
  'row'?: "registration"|"call"|"user"|"node"|"ban"|"trunk"|"audit";
}
