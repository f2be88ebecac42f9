// Original file: proto/control.proto

import type { Trunk as _raftel_v1_Trunk, Trunk__Output as _raftel_v1_Trunk__Output } from '../../raftel/v1/Trunk.ts';
import type { Long } from '@grpc/proto-loader';

export interface TrunkPage {
  'rows'?: (_raftel_v1_Trunk)[];
  'next'?: (string);
  'total'?: (number | string | Long);
  'applied'?: (number | string | Long);
}

export interface TrunkPage__Output {
  'rows': (_raftel_v1_Trunk__Output)[];
  'next': (string);
  'total': (number);
  'applied': (number);
}
