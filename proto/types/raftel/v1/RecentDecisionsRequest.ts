// Original file: proto/control.proto


export interface RecentDecisionsRequest {
  'last'?: (number);
}

export interface RecentDecisionsRequest__Output {
  'last': (number);
}
