// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Registration {
  'aor'?: (string);
  'contact'?: (string);
  'transport'?: (string);
  'node'?: (string);
  'expires'?: (number | string | Long);
  'received'?: (string);
  'q'?: (number | string);
  'userAgent'?: (string);
  'state'?: (string);
  'instance'?: (string);
  'regId'?: (number);
  'path'?: (string);
}

export interface Registration__Output {
  'aor': (string);
  'contact': (string);
  'transport': (string);
  'node': (string);
  'expires': (number);
  'received': (string);
  'q': (number);
  'userAgent': (string);
  'state': (string);
  'instance': (string);
  'regId': (number);
  'path': (string);
}
