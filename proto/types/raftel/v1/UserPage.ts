// Original file: proto/control.proto

import type { User as _raftel_v1_User, User__Output as _raftel_v1_User__Output } from '../../raftel/v1/User.ts';
import type { Long } from '@grpc/proto-loader';

export interface UserPage {
  'rows'?: (_raftel_v1_User)[];
  'next'?: (string);
  'total'?: (number | string | Long);
  'applied'?: (number | string | Long);
}

export interface UserPage__Output {
  'rows': (_raftel_v1_User__Output)[];
  'next': (string);
  'total': (number);
  'applied': (number);
}
