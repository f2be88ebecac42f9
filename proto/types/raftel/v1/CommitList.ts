// Original file: proto/control.proto

import type { Commit as _raftel_v1_Commit, Commit__Output as _raftel_v1_Commit__Output } from '../../raftel/v1/Commit.ts';
import type { Long } from '@grpc/proto-loader';

export interface CommitList {
  'rows'?: (_raftel_v1_Commit)[];
  'total'?: (number | string | Long);
}

export interface CommitList__Output {
  'rows': (_raftel_v1_Commit__Output)[];
  'total': (number);
}
