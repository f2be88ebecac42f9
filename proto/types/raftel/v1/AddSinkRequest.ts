// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface AddSinkRequest {
  'name'?: (string);
  'kind'?: (string);
  'target'?: (string);
  'secret'?: (string);
  'table'?: (string);
  'tenant'?: (string);
  'fields'?: (string)[];
  'node'?: (string);
  'from'?: (number | string | Long);
  'replace'?: (boolean);
  '_from'?: "from";
}

export interface AddSinkRequest__Output {
  'name': (string);
  'kind': (string);
  'target': (string);
  'secret': (string);
  'table': (string);
  'tenant': (string);
  'fields': (string)[];
  'node': (string);
  'from'?: (number);
  'replace': (boolean);
  '_from'?: "from";
}
