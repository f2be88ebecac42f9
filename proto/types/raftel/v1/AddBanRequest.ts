// Original file: proto/control.proto


export interface AddBanRequest {
  'source'?: (string);
  'seconds'?: (number);
  'reason'?: (string);
}

export interface AddBanRequest__Output {
  'source': (string);
  'seconds': (number);
  'reason': (string);
}
