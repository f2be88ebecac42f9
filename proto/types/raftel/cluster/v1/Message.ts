// Original file: proto/cluster.proto

import type { MessageType as _raftel_cluster_v1_MessageType, MessageType__Output as _raftel_cluster_v1_MessageType__Output } from '../../../raftel/cluster/v1/MessageType.ts';
import type { SnapshotMeta as _raftel_cluster_v1_SnapshotMeta, SnapshotMeta__Output as _raftel_cluster_v1_SnapshotMeta__Output } from '../../../raftel/cluster/v1/SnapshotMeta.ts';
import type { Long } from '@grpc/proto-loader';

export interface Message {
  'type'?: (_raftel_cluster_v1_MessageType);
  'to'?: (number);
  'from'?: (number);
  'term'?: (number | string | Long);
  'logTerm'?: (number | string | Long);
  'index'?: (number | string | Long);
  'commit'?: (number | string | Long);
  'vote'?: (number);
  'reject'?: (boolean);
  'rejectHint'?: (number | string | Long);
  'context'?: (Buffer | Uint8Array | string);
  'records'?: (Buffer | Uint8Array | string);
  'snapshot'?: (_raftel_cluster_v1_SnapshotMeta | null);
}

export interface Message__Output {
  'type': (_raftel_cluster_v1_MessageType__Output);
  'to': (number);
  'from': (number);
  'term': (number);
  'logTerm': (number);
  'index': (number);
  'commit': (number);
  'vote': (number);
  'reject': (boolean);
  'rejectHint': (number);
  'context': (Buffer);
  'records': (Buffer);
  'snapshot': (_raftel_cluster_v1_SnapshotMeta__Output | null);
}
