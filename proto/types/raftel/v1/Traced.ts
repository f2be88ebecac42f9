// Original file: proto/control.proto

import type { TracedNode as _raftel_v1_TracedNode, TracedNode__Output as _raftel_v1_TracedNode__Output } from '../../raftel/v1/TracedNode.ts';
import type { TracedMessage as _raftel_v1_TracedMessage, TracedMessage__Output as _raftel_v1_TracedMessage__Output } from '../../raftel/v1/TracedMessage.ts';

// Original file: proto/control.proto

export const _raftel_v1_Traced_Kind = {
  NODE: 'NODE',
  MESSAGE: 'MESSAGE',
  SYNCED: 'SYNCED',
} as const;

export type _raftel_v1_Traced_Kind =
  | 'NODE'
  | 0
  | 'MESSAGE'
  | 1
  | 'SYNCED'
  | 2

export type _raftel_v1_Traced_Kind__Output = typeof _raftel_v1_Traced_Kind[keyof typeof _raftel_v1_Traced_Kind]

export interface Traced {
  'kind'?: (_raftel_v1_Traced_Kind);
  'node'?: (string);
  'of'?: (_raftel_v1_TracedNode | null);
  'message'?: (_raftel_v1_TracedMessage | null);
}

export interface Traced__Output {
  'kind': (_raftel_v1_Traced_Kind__Output);
  'node': (string);
  'of': (_raftel_v1_TracedNode__Output | null);
  'message': (_raftel_v1_TracedMessage__Output | null);
}
