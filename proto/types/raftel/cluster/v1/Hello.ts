// Original file: proto/cluster.proto


export interface Hello {
  'protocol'?: (number);
  'cluster'?: (string);
  'from'?: (number);
  'name'?: (string);
  'incarnation'?: (string);
  'to'?: (number);
  'proof'?: (string);
  'untouched'?: (boolean);
}

export interface Hello__Output {
  'protocol': (number);
  'cluster': (string);
  'from': (number);
  'name': (string);
  'incarnation': (string);
  'to': (number);
  'proof': (string);
  'untouched': (boolean);
}
