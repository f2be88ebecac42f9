// Original file: proto/control.proto


export interface RemoveTrunkRequest {
  'name'?: (string);
}

export interface RemoveTrunkRequest__Output {
  'name': (string);
}
