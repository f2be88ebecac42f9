// Original file: proto/control.proto


export interface GetPlanRequest {
  'linearizable'?: (boolean);
}

export interface GetPlanRequest__Output {
  'linearizable': (boolean);
}
