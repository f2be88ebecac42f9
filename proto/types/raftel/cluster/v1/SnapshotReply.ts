// Original file: proto/cluster.proto


export interface SnapshotReply {
}

export interface SnapshotReply__Output {
}
