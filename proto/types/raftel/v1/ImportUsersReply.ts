// Original file: proto/control.proto

import type { LineError as _raftel_v1_LineError, LineError__Output as _raftel_v1_LineError__Output } from '../../raftel/v1/LineError.ts';

export interface ImportUsersReply {
  'added'?: (number);
  'replaced'?: (number);
  'kept'?: (number);
  'errors'?: (_raftel_v1_LineError)[];
}

export interface ImportUsersReply__Output {
  'added': (number);
  'replaced': (number);
  'kept': (number);
  'errors': (_raftel_v1_LineError__Output)[];
}
