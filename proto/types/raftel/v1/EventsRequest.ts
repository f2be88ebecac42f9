// Original file: proto/control.proto


export interface EventsRequest {
  'follow'?: (boolean);
  'last'?: (number);
}

export interface EventsRequest__Output {
  'follow': (boolean);
  'last': (number);
}
