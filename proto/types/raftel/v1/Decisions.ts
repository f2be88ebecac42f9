// Original file: proto/control.proto


export interface Decisions {
  'inputs'?: (string)[];
}

export interface Decisions__Output {
  'inputs': (string)[];
}
