// Original file: proto/control.proto


export interface TraceCallRequest {
  'id'?: (string);
  'follow'?: (boolean);
}

export interface TraceCallRequest__Output {
  'id': (string);
  'follow': (boolean);
}
