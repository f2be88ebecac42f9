// Original file: proto/control.proto


export interface ReplaySums {
  'same'?: (number);
  'changed'?: (number);
  'fails'?: (number);
  'fixed'?: (number);
  'unread'?: (number);
  'missing'?: (string)[];
  'ms'?: (number);
}

export interface ReplaySums__Output {
  'same': (number);
  'changed': (number);
  'fails': (number);
  'fixed': (number);
  'unread': (number);
  'missing': (string)[];
  'ms': (number);
}
