// Original file: proto/control.proto


export interface ValidatePlanRequest {
  'text'?: (string);
  'document'?: (string);
  'limit'?: (number);
}

export interface ValidatePlanRequest__Output {
  'text': (string);
  'document': (string);
  'limit': (number);
}
