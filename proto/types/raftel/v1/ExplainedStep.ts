// Original file: proto/control.proto


export interface ExplainedStep {
  'text'?: (string);
  'considered'?: (string)[];
}

export interface ExplainedStep__Output {
  'text': (string);
  'considered': (string)[];
}
