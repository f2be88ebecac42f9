// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface RouteDecision {
  'kind'?: (string);
  'outcome'?: (string);
  'rule'?: (string);
  'planVersion'?: (number | string | Long);
  'emergency'?: (boolean);
  'trace'?: (string)[];
  'json'?: (string);
}

export interface RouteDecision__Output {
  'kind': (string);
  'outcome': (string);
  'rule': (string);
  'planVersion': (number);
  'emergency': (boolean);
  'trace': (string)[];
  'json': (string);
}
