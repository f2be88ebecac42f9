// Original file: proto/cluster.proto


export interface SnapshotPiece {
  'data'?: (Buffer | Uint8Array | string);
  'crc'?: (number);
}

export interface SnapshotPiece__Output {
  'data': (Buffer);
  'crc': (number);
}
