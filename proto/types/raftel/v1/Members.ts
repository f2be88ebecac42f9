// Original file: proto/control.proto

import type { Member as _raftel_v1_Member, Member__Output as _raftel_v1_Member__Output } from '../../raftel/v1/Member.ts';

export interface Members {
  'id'?: (number);
  'founders'?: (number)[];
  'members'?: (_raftel_v1_Member)[];
  'lineage'?: (string);
}

export interface Members__Output {
  'id': (number);
  'founders': (number)[];
  'members': (_raftel_v1_Member__Output)[];
  'lineage': (string);
}
