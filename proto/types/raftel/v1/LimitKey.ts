// Original file: proto/control.proto


export interface LimitKey {
  'key'?: (string);
}

export interface LimitKey__Output {
  'key': (string);
}
