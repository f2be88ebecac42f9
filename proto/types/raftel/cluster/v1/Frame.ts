// Original file: proto/cluster.proto

import type { Hello as _raftel_cluster_v1_Hello, Hello__Output as _raftel_cluster_v1_Hello__Output } from '../../../raftel/cluster/v1/Hello.ts';
import type { Message as _raftel_cluster_v1_Message, Message__Output as _raftel_cluster_v1_Message__Output } from '../../../raftel/cluster/v1/Message.ts';

export interface Frame {
  'hello'?: (_raftel_cluster_v1_Hello | null);
  'messages'?: (_raftel_cluster_v1_Message)[];
  'proposals'?: (Buffer | Uint8Array | string)[];
  'group'?: (number);
}

export interface Frame__Output {
  'hello': (_raftel_cluster_v1_Hello__Output | null);
  'messages': (_raftel_cluster_v1_Message__Output)[];
  'proposals': (Buffer)[];
  'group': (number);
}
