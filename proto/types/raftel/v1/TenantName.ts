// Original file: proto/control.proto


export interface TenantName {
  'name'?: (string);
}

export interface TenantName__Output {
  'name': (string);
}
