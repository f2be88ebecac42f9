// Original file: proto/control.proto

import type { ImportUser as _raftel_v1_ImportUser, ImportUser__Output as _raftel_v1_ImportUser__Output } from '../../raftel/v1/ImportUser.ts';
import type { Profile as _raftel_v1_Profile, Profile__Output as _raftel_v1_Profile__Output } from '../../raftel/v1/Profile.ts';

export interface ImportUsersRequest {
  'users'?: (_raftel_v1_ImportUser)[];
  'replace'?: (boolean);
  'dryRun'?: (boolean);
  'tenant'?: (string);
  'context'?: (_raftel_v1_Profile)[];
}

export interface ImportUsersRequest__Output {
  'users': (_raftel_v1_ImportUser__Output)[];
  'replace': (boolean);
  'dryRun': (boolean);
  'tenant': (string);
  'context': (_raftel_v1_Profile__Output)[];
}
