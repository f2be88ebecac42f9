// Original file: proto/control.proto


export interface HangUpCallRequest {
  'id'?: (string);
}

export interface HangUpCallRequest__Output {
  'id': (string);
}
