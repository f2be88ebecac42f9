// Original file: proto/control.proto

import type { ClusterNode as _raftel_v1_ClusterNode, ClusterNode__Output as _raftel_v1_ClusterNode__Output } from '../../raftel/v1/ClusterNode.ts';
import type { Long } from '@grpc/proto-loader';

export interface ClusterStatus {
  'leader'?: (string);
  'term'?: (number | string | Long);
  'nodes'?: (_raftel_v1_ClusterNode)[];
  'quorum'?: (boolean);
  'answeredBy'?: (string);
  'planVersion'?: (number | string | Long);
}

export interface ClusterStatus__Output {
  'leader': (string);
  'term': (number);
  'nodes': (_raftel_v1_ClusterNode__Output)[];
  'quorum': (boolean);
  'answeredBy': (string);
  'planVersion': (number);
}
