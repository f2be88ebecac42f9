// Original file: proto/control.proto


export interface AddMemberRequest {
  'cluster'?: (string);
  'name'?: (string);
  'address'?: (string);
  'directory'?: (string);
  'learner'?: (boolean);
  'replace'?: (boolean);
}

export interface AddMemberRequest__Output {
  'cluster': (string);
  'name': (string);
  'address': (string);
  'directory': (string);
  'learner': (boolean);
  'replace': (boolean);
}
