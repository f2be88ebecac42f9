// Original file: proto/control.proto


export interface ExplainCallRequest {
  'id'?: (string);
}

export interface ExplainCallRequest__Output {
  'id': (string);
}
