// Original file: proto/control.proto

import type { ReplayChange as _raftel_v1_ReplayChange, ReplayChange__Output as _raftel_v1_ReplayChange__Output } from '../../raftel/v1/ReplayChange.ts';
import type { ReplaySums as _raftel_v1_ReplaySums, ReplaySums__Output as _raftel_v1_ReplaySums__Output } from '../../raftel/v1/ReplaySums.ts';

export interface Replay {
  'done'?: (number);
  'total'?: (number);
  'change'?: (_raftel_v1_ReplayChange | null);
  'sums'?: (_raftel_v1_ReplaySums | null);
}

export interface Replay__Output {
  'done': (number);
  'total': (number);
  'change': (_raftel_v1_ReplayChange__Output | null);
  'sums': (_raftel_v1_ReplaySums__Output | null);
}
