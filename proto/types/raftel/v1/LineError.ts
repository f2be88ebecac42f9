// Original file: proto/control.proto


export interface LineError {
  'line'?: (number);
  'text'?: (string);
}

export interface LineError__Output {
  'line': (number);
  'text': (string);
}
