// Original file: proto/control.proto


export interface ListPlansRequest {
  'linearizable'?: (boolean);
}

export interface ListPlansRequest__Output {
  'linearizable': (boolean);
}
