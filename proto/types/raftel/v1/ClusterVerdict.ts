// Original file: proto/control.proto

import type { NodeVerdict as _raftel_v1_NodeVerdict, NodeVerdict__Output as _raftel_v1_NodeVerdict__Output } from '../../raftel/v1/NodeVerdict.ts';
import type { Long } from '@grpc/proto-loader';

export interface ClusterVerdict {
  'index'?: (number | string | Long);
  'hash'?: (string);
  'nodes'?: (_raftel_v1_NodeVerdict)[];
}

export interface ClusterVerdict__Output {
  'index': (number);
  'hash': (string);
  'nodes': (_raftel_v1_NodeVerdict__Output)[];
}
