// Original file: proto/control.proto


export interface RemoveSinkRequest {
  'name'?: (string);
}

export interface RemoveSinkRequest__Output {
  'name': (string);
}
