// Original file: proto/control.proto


export interface Member {
  'id'?: (number);
  'name'?: (string);
  'address'?: (string);
  'standing'?: (string);
}

export interface Member__Output {
  'id': (number);
  'name': (string);
  'address': (string);
  'standing': (string);
}
