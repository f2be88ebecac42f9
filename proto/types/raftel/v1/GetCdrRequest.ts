// Original file: proto/control.proto


export interface GetCdrRequest {
  'id'?: (string);
}

export interface GetCdrRequest__Output {
  'id': (string);
}
