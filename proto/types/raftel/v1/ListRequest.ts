// Original file: proto/control.proto


export interface ListRequest {
  'filter'?: (string);
  'limit'?: (number);
  'after'?: (string);
  'sort'?: (string);
  'linearizable'?: (boolean);
  'tenant'?: (string);
}

export interface ListRequest__Output {
  'filter': (string);
  'limit': (number);
  'after': (string);
  'sort': (string);
  'linearizable': (boolean);
  'tenant': (string);
}
