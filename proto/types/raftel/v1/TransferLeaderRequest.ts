// Original file: proto/control.proto


export interface TransferLeaderRequest {
  'node'?: (string);
}

export interface TransferLeaderRequest__Output {
  'node': (string);
}
