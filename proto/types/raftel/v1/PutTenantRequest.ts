// Original file: proto/control.proto

import type { Tenant as _raftel_v1_Tenant, Tenant__Output as _raftel_v1_Tenant__Output } from '../../raftel/v1/Tenant.ts';

export interface PutTenantRequest {
  'tenant'?: (_raftel_v1_Tenant | null);
  'replace'?: (boolean);
}

export interface PutTenantRequest__Output {
  'tenant': (_raftel_v1_Tenant__Output | null);
  'replace': (boolean);
}
