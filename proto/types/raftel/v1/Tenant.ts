// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Tenant {
  'name'?: (string);
  'display'?: (string);
  'limits'?: (string);
  'currency'?: (string);
  'language'?: (string);
  'zone'?: (string);
  'disabled'?: (boolean);
  'createdAt'?: (number | string | Long);
  'domains'?: (string)[];
  'users'?: (number | string | Long);
  '_display'?: "display";
  '_limits'?: "limits";
  '_currency'?: "currency";
  '_language'?: "language";
  '_zone'?: "zone";
  '_disabled'?: "disabled";
}

export interface Tenant__Output {
  'name': (string);
  'display'?: (string);
  'limits'?: (string);
  'currency'?: (string);
  'language'?: (string);
  'zone'?: (string);
  'disabled'?: (boolean);
  'createdAt': (number);
  'domains': (string)[];
  'users': (number);
  '_display'?: "display";
  '_limits'?: "limits";
  '_currency'?: "currency";
  '_language'?: "language";
  '_zone'?: "zone";
  '_disabled'?: "disabled";
}
