// Original file: proto/control.proto


export interface PutOperatorRequest {
  'name'?: (string);
  'roles'?: (string)[];
  'tenants'?: (string)[];
  'certificate'?: (string);
  'expires'?: (number);
  'disabled'?: (boolean);
  'replace'?: (boolean);
  'noToken'?: (boolean);
  '_expires'?: "expires";
}

export interface PutOperatorRequest__Output {
  'name': (string);
  'roles': (string)[];
  'tenants': (string)[];
  'certificate': (string);
  'expires'?: (number);
  'disabled': (boolean);
  'replace': (boolean);
  'noToken': (boolean);
  '_expires'?: "expires";
}
