// Original file: proto/control.proto


export interface LineError {
  'line'?: (number);
  'message'?: (string);
}

export interface LineError__Output {
  'line': (number);
  'message': (string);
}
