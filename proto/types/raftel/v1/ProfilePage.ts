// Original file: proto/control.proto

import type { Profile as _raftel_v1_Profile, Profile__Output as _raftel_v1_Profile__Output } from '../../raftel/v1/Profile.ts';
import type { Long } from '@grpc/proto-loader';

export interface ProfilePage {
  'rows'?: (_raftel_v1_Profile)[];
  'next'?: (string);
  'total'?: (number | string | Long);
  'applied'?: (number | string | Long);
}

export interface ProfilePage__Output {
  'rows': (_raftel_v1_Profile__Output)[];
  'next': (string);
  'total': (number);
  'applied': (number);
}
