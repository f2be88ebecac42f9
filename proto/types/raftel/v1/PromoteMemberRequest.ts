// Original file: proto/control.proto


export interface PromoteMemberRequest {
  'node'?: (string);
}

export interface PromoteMemberRequest__Output {
  'node': (string);
}
