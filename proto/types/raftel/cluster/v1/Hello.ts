// Original file: proto/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface Hello {
  'protocol'?: (number);
  'cluster'?: (string);
  'from'?: (number);
  'name'?: (string);
  'incarnation'?: (string);
  'to'?: (number);
  'proof'?: (string);
  'untouched'?: (boolean);
  'repairing'?: (boolean);
  'term'?: (number | string | Long);
  'acknowledged'?: (number | string | Long);
  'newest'?: (number);
  'address'?: (string);
  'directory'?: (string);
  'seal'?: (string);
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
  'repairing': (boolean);
  'term': (number);
  'acknowledged': (number);
  'newest': (number);
  'address': (string);
  'directory': (string);
  'seal': (string);
}
