// Original file: proto/control.proto


export interface ListRequest {
  'filter'?: (string);
  'limit'?: (number);
  'after'?: (string);
  'sort'?: (string);
  'linearizable'?: (boolean);
}

export interface ListRequest__Output {
  'filter': (string);
  'limit': (number);
  'after': (string);
  'sort': (string);
  'linearizable': (boolean);
}
