// Original file: proto/control.proto


export interface GetCallRequest {
  'id'?: (string);
}

export interface GetCallRequest__Output {
  'id': (string);
}
