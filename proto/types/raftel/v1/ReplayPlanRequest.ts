// Original file: proto/control.proto


export interface ReplayPlanRequest {
  'text'?: (string);
  'document'?: (string);
  'last'?: (number);
  'limit'?: (number);
}

export interface ReplayPlanRequest__Output {
  'text': (string);
  'document': (string);
  'last': (number);
  'limit': (number);
}
