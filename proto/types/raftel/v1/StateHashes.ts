// Original file: proto/control.proto

import type { StateHash as _raftel_v1_StateHash, StateHash__Output as _raftel_v1_StateHash__Output } from '../../raftel/v1/StateHash.ts';
import type { Long } from '@grpc/proto-loader';

export interface StateHashes {
  'rows'?: (_raftel_v1_StateHash)[];
  'applied'?: (number | string | Long);
}

export interface StateHashes__Output {
  'rows': (_raftel_v1_StateHash__Output)[];
  'applied': (number);
}
