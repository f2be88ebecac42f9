// Original file: proto/control.proto


export interface TracedNode {
  'missing'?: (string);
  'calls'?: (string)[];
}

export interface TracedNode__Output {
  'missing': (string);
  'calls': (string)[];
}
