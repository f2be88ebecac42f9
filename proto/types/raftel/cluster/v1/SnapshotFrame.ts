// Original file: proto/cluster.proto

import type { Hello as _raftel_cluster_v1_Hello, Hello__Output as _raftel_cluster_v1_Hello__Output } from '../../../raftel/cluster/v1/Hello.ts';
import type { SnapshotHead as _raftel_cluster_v1_SnapshotHead, SnapshotHead__Output as _raftel_cluster_v1_SnapshotHead__Output } from '../../../raftel/cluster/v1/SnapshotHead.ts';
import type { SnapshotPiece as _raftel_cluster_v1_SnapshotPiece, SnapshotPiece__Output as _raftel_cluster_v1_SnapshotPiece__Output } from '../../../raftel/cluster/v1/SnapshotPiece.ts';

export interface SnapshotFrame {
  'hello'?: (_raftel_cluster_v1_Hello | null);
  'head'?: (_raftel_cluster_v1_SnapshotHead | null);
  'piece'?: (_raftel_cluster_v1_SnapshotPiece | null);
}

export interface SnapshotFrame__Output {
  'hello': (_raftel_cluster_v1_Hello__Output | null);
  'head': (_raftel_cluster_v1_SnapshotHead__Output | null);
  'piece': (_raftel_cluster_v1_SnapshotPiece__Output | null);
}
