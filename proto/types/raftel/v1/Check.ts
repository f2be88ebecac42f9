// Original file: proto/control.proto


export interface Check {
  'name'?: (string);
  'verdict'?: (string);
  'detail'?: (string);
  'remedy'?: (string);
}

export interface Check__Output {
  'name': (string);
  'verdict': (string);
  'detail': (string);
  'remedy': (string);
}
