// Original file: proto/control.proto


export interface AddUserRequest {
  'aor'?: (string);
  'password'?: (string);
  'replace'?: (boolean);
}

export interface AddUserRequest__Output {
  'aor': (string);
  'password': (string);
  'replace': (boolean);
}
