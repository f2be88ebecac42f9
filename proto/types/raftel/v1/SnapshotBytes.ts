// Original file: proto/control.proto


export interface SnapshotBytes {
  'data'?: (Buffer | Uint8Array | string);
}

export interface SnapshotBytes__Output {
  'data': (Buffer);
}
