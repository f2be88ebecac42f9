// Original file: proto/control.proto

import type { Registration as _raftel_v1_Registration, Registration__Output as _raftel_v1_Registration__Output } from '../../raftel/v1/Registration.ts';
import type { Long } from '@grpc/proto-loader';

export interface RegistrationPage {
  'rows'?: (_raftel_v1_Registration)[];
  'next'?: (string);
  'total'?: (number | string | Long);
  'applied'?: (number | string | Long);
}

export interface RegistrationPage__Output {
  'rows': (_raftel_v1_Registration__Output)[];
  'next': (string);
  'total': (number);
  'applied': (number);
}
