// Original file: proto/control.proto

import type { User as _raftel_v1_User, User__Output as _raftel_v1_User__Output } from '../../raftel/v1/User.ts';
import type { Profile as _raftel_v1_Profile, Profile__Output as _raftel_v1_Profile__Output } from '../../raftel/v1/Profile.ts';
import type { Registration as _raftel_v1_Registration, Registration__Output as _raftel_v1_Registration__Output } from '../../raftel/v1/Registration.ts';
import type { Call as _raftel_v1_Call, Call__Output as _raftel_v1_Call__Output } from '../../raftel/v1/Call.ts';

export interface UserDetail {
  'user'?: (_raftel_v1_User | null);
  'profile'?: (_raftel_v1_Profile | null);
  'tenant'?: (string);
  'registrations'?: (_raftel_v1_Registration)[];
  'calls'?: (_raftel_v1_Call)[];
}

export interface UserDetail__Output {
  'user': (_raftel_v1_User__Output | null);
  'profile': (_raftel_v1_Profile__Output | null);
  'tenant': (string);
  'registrations': (_raftel_v1_Registration__Output)[];
  'calls': (_raftel_v1_Call__Output)[];
}
