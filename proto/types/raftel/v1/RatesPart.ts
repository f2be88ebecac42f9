// Original file: proto/control.proto

import type { RatesHead as _raftel_v1_RatesHead, RatesHead__Output as _raftel_v1_RatesHead__Output } from '../../raftel/v1/RatesHead.ts';

export interface RatesPart {
  'head'?: (_raftel_v1_RatesHead | null);
  'csv'?: (Buffer | Uint8Array | string);
}

export interface RatesPart__Output {
  'head': (_raftel_v1_RatesHead__Output | null);
  'csv': (Buffer);
}
