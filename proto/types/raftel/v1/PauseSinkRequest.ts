// Original file: proto/control.proto


export interface PauseSinkRequest {
  'name'?: (string);
  'paused'?: (boolean);
}

export interface PauseSinkRequest__Output {
  'name': (string);
  'paused': (boolean);
}
