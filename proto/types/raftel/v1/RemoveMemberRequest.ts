// Original file: proto/control.proto


export interface RemoveMemberRequest {
  'node'?: (string);
}

export interface RemoveMemberRequest__Output {
  'node': (string);
}
