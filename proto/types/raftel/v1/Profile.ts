// Original file: proto/control.proto


export interface Profile {
  'aor'?: (string);
  'name'?: (string);
  'class'?: (string);
  'callerId'?: (string);
  'forwardAlways'?: (string);
  'forwardBusy'?: (string);
  'forwardNoAnswer'?: (string);
  'forwardAfter'?: (number);
  'forwardUnregistered'?: (string);
  'dnd'?: (boolean);
  'waiting'?: (boolean);
  'language'?: (string);
  'zone'?: (string);
  'pin'?: (string);
  'hasPin'?: (boolean);
  'groups'?: (string)[];
  '_name'?: "name";
  '_class'?: "class";
  '_callerId'?: "callerId";
  '_forwardAlways'?: "forwardAlways";
  '_forwardBusy'?: "forwardBusy";
  '_forwardNoAnswer'?: "forwardNoAnswer";
  '_forwardAfter'?: "forwardAfter";
  '_forwardUnregistered'?: "forwardUnregistered";
  '_dnd'?: "dnd";
  '_waiting'?: "waiting";
  '_language'?: "language";
  '_zone'?: "zone";
  '_pin'?: "pin";
}

export interface Profile__Output {
  'aor': (string);
  'name'?: (string);
  'class'?: (string);
  'callerId'?: (string);
  'forwardAlways'?: (string);
  'forwardBusy'?: (string);
  'forwardNoAnswer'?: (string);
  'forwardAfter'?: (number);
  'forwardUnregistered'?: (string);
  'dnd'?: (boolean);
  'waiting'?: (boolean);
  'language'?: (string);
  'zone'?: (string);
  'pin'?: (string);
  'hasPin': (boolean);
  'groups': (string)[];
  '_name'?: "name";
  '_class'?: "class";
  '_callerId'?: "callerId";
  '_forwardAlways'?: "forwardAlways";
  '_forwardBusy'?: "forwardBusy";
  '_forwardNoAnswer'?: "forwardNoAnswer";
  '_forwardAfter'?: "forwardAfter";
  '_forwardUnregistered'?: "forwardUnregistered";
  '_dnd'?: "dnd";
  '_waiting'?: "waiting";
  '_language'?: "language";
  '_zone'?: "zone";
  '_pin'?: "pin";
}
