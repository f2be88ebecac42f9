// Original file: proto/control.proto


export interface OperatorName {
  'name'?: (string);
}

export interface OperatorName__Output {
  'name': (string);
}
