import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Frame as _raftel_cluster_v1_Frame, Frame__Output as _raftel_cluster_v1_Frame__Output } from './raftel/cluster/v1/Frame.ts';
import type { Hello as _raftel_cluster_v1_Hello, Hello__Output as _raftel_cluster_v1_Hello__Output } from './raftel/cluster/v1/Hello.ts';
import type { Message as _raftel_cluster_v1_Message, Message__Output as _raftel_cluster_v1_Message__Output } from './raftel/cluster/v1/Message.ts';
import type { PeersClient as _raftel_cluster_v1_PeersClient, PeersDefinition as _raftel_cluster_v1_PeersDefinition } from './raftel/cluster/v1/Peers.ts';
import type { SnapshotFrame as _raftel_cluster_v1_SnapshotFrame, SnapshotFrame__Output as _raftel_cluster_v1_SnapshotFrame__Output } from './raftel/cluster/v1/SnapshotFrame.ts';
import type { SnapshotHead as _raftel_cluster_v1_SnapshotHead, SnapshotHead__Output as _raftel_cluster_v1_SnapshotHead__Output } from './raftel/cluster/v1/SnapshotHead.ts';
import type { SnapshotMeta as _raftel_cluster_v1_SnapshotMeta, SnapshotMeta__Output as _raftel_cluster_v1_SnapshotMeta__Output } from './raftel/cluster/v1/SnapshotMeta.ts';
import type { SnapshotPiece as _raftel_cluster_v1_SnapshotPiece, SnapshotPiece__Output as _raftel_cluster_v1_SnapshotPiece__Output } from './raftel/cluster/v1/SnapshotPiece.ts';
import type { SnapshotReply as _raftel_cluster_v1_SnapshotReply, SnapshotReply__Output as _raftel_cluster_v1_SnapshotReply__Output } from './raftel/cluster/v1/SnapshotReply.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  raftel: {
    cluster: {
      v1: {
        Frame: MessageTypeDefinition<_raftel_cluster_v1_Frame, _raftel_cluster_v1_Frame__Output>
        Hello: MessageTypeDefinition<_raftel_cluster_v1_Hello, _raftel_cluster_v1_Hello__Output>
        Message: MessageTypeDefinition<_raftel_cluster_v1_Message, _raftel_cluster_v1_Message__Output>
        MessageType: EnumTypeDefinition
        Peers: SubtypeConstructor<typeof grpc.Client, _raftel_cluster_v1_PeersClient> & { service: _raftel_cluster_v1_PeersDefinition }
        SnapshotFrame: MessageTypeDefinition<_raftel_cluster_v1_SnapshotFrame, _raftel_cluster_v1_SnapshotFrame__Output>
        SnapshotHead: MessageTypeDefinition<_raftel_cluster_v1_SnapshotHead, _raftel_cluster_v1_SnapshotHead__Output>
        SnapshotMeta: MessageTypeDefinition<_raftel_cluster_v1_SnapshotMeta, _raftel_cluster_v1_SnapshotMeta__Output>
        SnapshotPiece: MessageTypeDefinition<_raftel_cluster_v1_SnapshotPiece, _raftel_cluster_v1_SnapshotPiece__Output>
        SnapshotReply: MessageTypeDefinition<_raftel_cluster_v1_SnapshotReply, _raftel_cluster_v1_SnapshotReply__Output>
      }
    }
  }
}

