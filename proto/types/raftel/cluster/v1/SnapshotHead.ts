// Original file: proto/cluster.proto

import type { Message as _raftel_cluster_v1_Message, Message__Output as _raftel_cluster_v1_Message__Output } from '../../../raftel/cluster/v1/Message.ts';
import type { Long } from '@grpc/proto-loader';

export interface SnapshotHead {
  'message'?: (_raftel_cluster_v1_Message | null);
  'pieces'?: (number);
  'bytes'?: (number | string | Long);
  'group'?: (number);
}

export interface SnapshotHead__Output {
  'message': (_raftel_cluster_v1_Message__Output | null);
  'pieces': (number);
  'bytes': (number);
  'group': (number);
}
