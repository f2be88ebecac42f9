// Original file: proto/control.proto


export interface GetTrunkRequest {
  'name'?: (string);
  'linearizable'?: (boolean);
}

export interface GetTrunkRequest__Output {
  'name': (string);
  'linearizable': (boolean);
}
