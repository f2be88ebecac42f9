// Original file: proto/control.proto

import type { Profile as _raftel_v1_Profile, Profile__Output as _raftel_v1_Profile__Output } from '../../raftel/v1/Profile.ts';

export interface SetProfileRequest {
  'aor'?: (string);
  'set'?: (_raftel_v1_Profile | null);
  'unset'?: (string)[];
}

export interface SetProfileRequest__Output {
  'aor': (string);
  'set': (_raftel_v1_Profile__Output | null);
  'unset': (string)[];
}
