// Original file: proto/control.proto


export interface HangUpCallReply {
  'id'?: (string);
  'node'?: (string);
}

export interface HangUpCallReply__Output {
  'id': (string);
  'node': (string);
}
