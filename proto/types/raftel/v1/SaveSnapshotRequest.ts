// Original file: proto/control.proto


export interface SaveSnapshotRequest {
}

export interface SaveSnapshotRequest__Output {
}
