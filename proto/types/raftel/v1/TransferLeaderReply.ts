// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface TransferLeaderReply {
  'leader'?: (string);
  'term'?: (number | string | Long);
  'moved'?: (boolean);
}

export interface TransferLeaderReply__Output {
  'leader': (string);
  'term': (number);
  'moved': (boolean);
}
