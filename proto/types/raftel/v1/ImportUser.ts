// Original file: proto/control.proto

import type { Profile as _raftel_v1_Profile, Profile__Output as _raftel_v1_Profile__Output } from '../../raftel/v1/Profile.ts';

export interface ImportUser {
  'aor'?: (string);
  'password'?: (string);
  'profile'?: (_raftel_v1_Profile | null);
  'line'?: (number);
}

export interface ImportUser__Output {
  'aor': (string);
  'password': (string);
  'profile': (_raftel_v1_Profile__Output | null);
  'line': (number);
}
