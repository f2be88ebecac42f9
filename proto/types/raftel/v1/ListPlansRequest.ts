// Original file: proto/control.proto


export interface ListPlansRequest {
  'linearizable'?: (boolean);
  'tenant'?: (string);
}

export interface ListPlansRequest__Output {
  'linearizable': (boolean);
  'tenant': (string);
}
