// Original file: proto/control.proto


export interface Leg {
  'role'?: (string);
  'callId'?: (string);
  'contact'?: (string);
}

export interface Leg__Output {
  'role': (string);
  'callId': (string);
  'contact': (string);
}
