// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface ExplainRouteRequest {
  'from'?: (string);
  'to'?: (string);
  'at'?: (number | string | Long);
  'text'?: (string);
  'document'?: (string);
  'trunk'?: (string);
  '_text'?: "text";
}

export interface ExplainRouteRequest__Output {
  'from': (string);
  'to': (string);
  'at': (number);
  'text'?: (string);
  'document': (string);
  'trunk': (string);
  '_text'?: "text";
}
