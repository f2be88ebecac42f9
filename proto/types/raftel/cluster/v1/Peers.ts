// Original file: proto/cluster.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Frame as _raftel_cluster_v1_Frame, Frame__Output as _raftel_cluster_v1_Frame__Output } from '../../../raftel/cluster/v1/Frame.ts';
import type { SnapshotFrame as _raftel_cluster_v1_SnapshotFrame, SnapshotFrame__Output as _raftel_cluster_v1_SnapshotFrame__Output } from '../../../raftel/cluster/v1/SnapshotFrame.ts';
import type { SnapshotReply as _raftel_cluster_v1_SnapshotReply, SnapshotReply__Output as _raftel_cluster_v1_SnapshotReply__Output } from '../../../raftel/cluster/v1/SnapshotReply.ts';

export interface PeersClient extends grpc.Client {
  Append(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_raftel_cluster_v1_Frame, _raftel_cluster_v1_Frame__Output>;
  Append(options?: grpc.CallOptions): grpc.ClientDuplexStream<_raftel_cluster_v1_Frame, _raftel_cluster_v1_Frame__Output>;
  append(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_raftel_cluster_v1_Frame, _raftel_cluster_v1_Frame__Output>;
  append(options?: grpc.CallOptions): grpc.ClientDuplexStream<_raftel_cluster_v1_Frame, _raftel_cluster_v1_Frame__Output>;
  
  Control(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_raftel_cluster_v1_Frame, _raftel_cluster_v1_Frame__Output>;
  Control(options?: grpc.CallOptions): grpc.ClientDuplexStream<_raftel_cluster_v1_Frame, _raftel_cluster_v1_Frame__Output>;
  control(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_raftel_cluster_v1_Frame, _raftel_cluster_v1_Frame__Output>;
  control(options?: grpc.CallOptions): grpc.ClientDuplexStream<_raftel_cluster_v1_Frame, _raftel_cluster_v1_Frame__Output>;
  
  Snapshot(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_cluster_v1_SnapshotReply__Output>): grpc.ClientWritableStream<_raftel_cluster_v1_SnapshotFrame>;
  Snapshot(metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_cluster_v1_SnapshotReply__Output>): grpc.ClientWritableStream<_raftel_cluster_v1_SnapshotFrame>;
  Snapshot(options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_cluster_v1_SnapshotReply__Output>): grpc.ClientWritableStream<_raftel_cluster_v1_SnapshotFrame>;
  Snapshot(callback: grpc.requestCallback<_raftel_cluster_v1_SnapshotReply__Output>): grpc.ClientWritableStream<_raftel_cluster_v1_SnapshotFrame>;
  snapshot(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_cluster_v1_SnapshotReply__Output>): grpc.ClientWritableStream<_raftel_cluster_v1_SnapshotFrame>;
  snapshot(metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_cluster_v1_SnapshotReply__Output>): grpc.ClientWritableStream<_raftel_cluster_v1_SnapshotFrame>;
  snapshot(options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_cluster_v1_SnapshotReply__Output>): grpc.ClientWritableStream<_raftel_cluster_v1_SnapshotFrame>;
  snapshot(callback: grpc.requestCallback<_raftel_cluster_v1_SnapshotReply__Output>): grpc.ClientWritableStream<_raftel_cluster_v1_SnapshotFrame>;
  
}

export interface PeersHandlers extends grpc.UntypedServiceImplementation {
  Append: grpc.handleBidiStreamingCall<_raftel_cluster_v1_Frame__Output, _raftel_cluster_v1_Frame>;
  
  Control: grpc.handleBidiStreamingCall<_raftel_cluster_v1_Frame__Output, _raftel_cluster_v1_Frame>;
  
  Snapshot: grpc.handleClientStreamingCall<_raftel_cluster_v1_SnapshotFrame__Output, _raftel_cluster_v1_SnapshotReply>;
  
}

export interface PeersDefinition extends grpc.ServiceDefinition {
  Append: MethodDefinition<_raftel_cluster_v1_Frame, _raftel_cluster_v1_Frame, _raftel_cluster_v1_Frame__Output, _raftel_cluster_v1_Frame__Output>
  Control: MethodDefinition<_raftel_cluster_v1_Frame, _raftel_cluster_v1_Frame, _raftel_cluster_v1_Frame__Output, _raftel_cluster_v1_Frame__Output>
  Snapshot: MethodDefinition<_raftel_cluster_v1_SnapshotFrame, _raftel_cluster_v1_SnapshotReply, _raftel_cluster_v1_SnapshotFrame__Output, _raftel_cluster_v1_SnapshotReply__Output>
}
