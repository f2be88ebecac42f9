// Original file: proto/control.proto


export interface WatchRequest {
  'table'?: (string);
  'filter'?: (string);
}

export interface WatchRequest__Output {
  'table': (string);
  'filter': (string);
}
