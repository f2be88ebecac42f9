// Original file: proto/control.proto


export interface RemoveBanRequest {
  'source'?: (string);
}

export interface RemoveBanRequest__Output {
  'source': (string);
}
