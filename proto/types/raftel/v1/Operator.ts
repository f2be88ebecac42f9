// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Operator {
  'name'?: (string);
  'roles'?: (string)[];
  'tenants'?: (string)[];
  'hasToken'?: (boolean);
  'certificate'?: (string);
  'disabled'?: (boolean);
  'expires'?: (number | string | Long);
  'createdAt'?: (number | string | Long);
}

export interface Operator__Output {
  'name': (string);
  'roles': (string)[];
  'tenants': (string)[];
  'hasToken': (boolean);
  'certificate': (string);
  'disabled': (boolean);
  'expires': (number);
  'createdAt': (number);
}
