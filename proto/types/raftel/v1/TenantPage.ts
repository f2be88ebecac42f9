// Original file: proto/control.proto

import type { Tenant as _raftel_v1_Tenant, Tenant__Output as _raftel_v1_Tenant__Output } from '../../raftel/v1/Tenant.ts';
import type { Long } from '@grpc/proto-loader';

export interface TenantPage {
  'rows'?: (_raftel_v1_Tenant)[];
  'next'?: (string);
  'total'?: (number | string | Long);
  'applied'?: (number | string | Long);
}

export interface TenantPage__Output {
  'rows': (_raftel_v1_Tenant__Output)[];
  'next': (string);
  'total': (number);
  'applied': (number);
}
