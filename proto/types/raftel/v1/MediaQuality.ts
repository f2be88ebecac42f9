// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface MediaQuality {
  'mos'?: (number | string);
  'jitterMs'?: (number | string | Long);
  'lost'?: (number | string | Long);
  'roundTripMs'?: (number | string | Long);
}

export interface MediaQuality__Output {
  'mos': (number);
  'jitterMs': (number);
  'lost': (number);
  'roundTripMs': (number);
}
