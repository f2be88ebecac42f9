// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface User {
  'aor'?: (string);
  'createdAt'?: (number | string | Long);
  'contacts'?: (number);
}

export interface User__Output {
  'aor': (string);
  'createdAt': (number);
  'contacts': (number);
}
