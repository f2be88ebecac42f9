// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface MediaStream {
  'side'?: (string);
  'packets'?: (number | string | Long);
  'bytes'?: (number | string | Long);
  'codec'?: (string);
  'endpoint'?: (string);
  'errors'?: (number | string | Long);
}

export interface MediaStream__Output {
  'side': (string);
  'packets': (number);
  'bytes': (number);
  'codec': (string);
  'endpoint': (string);
  'errors': (number);
}
