// Original file: proto/cluster.proto

import type { Long } from '@grpc/proto-loader';

export interface SnapshotMeta {
  'index'?: (number | string | Long);
  'term'?: (number | string | Long);
  'voters'?: (number)[];
  'learners'?: (number)[];
  'votersOutgoing'?: (number)[];
  'learnersNext'?: (number)[];
  'autoLeave'?: (boolean);
}

export interface SnapshotMeta__Output {
  'index': (number);
  'term': (number);
  'voters': (number)[];
  'learners': (number)[];
  'votersOutgoing': (number)[];
  'learnersNext': (number)[];
  'autoLeave': (boolean);
}
