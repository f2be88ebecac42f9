// Original file: proto/control.proto


export interface TestPlanRequest {
  'text'?: (string);
  'document'?: (string);
  '_text'?: "text";
}

export interface TestPlanRequest__Output {
  'text'?: (string);
  'document': (string);
  '_text'?: "text";
}
