// Original file: proto/control.proto

import type { ListRequest as _raftel_v1_ListRequest, ListRequest__Output as _raftel_v1_ListRequest__Output } from '../../raftel/v1/ListRequest.ts';

export interface ListRatesRequest {
  'deck'?: (string);
  'list'?: (_raftel_v1_ListRequest | null);
}

export interface ListRatesRequest__Output {
  'deck': (string);
  'list': (_raftel_v1_ListRequest__Output | null);
}
