// Original file: proto/control.proto


export interface UserName {
  'aor'?: (string);
}

export interface UserName__Output {
  'aor': (string);
}
