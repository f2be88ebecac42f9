// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface GetPlanRequest {
  'linearizable'?: (boolean);
  'document'?: (string);
  'version'?: (number | string | Long);
  'at'?: (number | string | Long);
}

export interface GetPlanRequest__Output {
  'linearizable': (boolean);
  'document': (string);
  'version': (number);
  'at': (number);
}
