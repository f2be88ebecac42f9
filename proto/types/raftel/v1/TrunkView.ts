// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface TrunkView {
  'node'?: (string);
  'reach'?: (string);
  'since'?: (number | string | Long);
  'why'?: (string);
  'registration'?: (string);
  'registrationWhy'?: (string);
}

export interface TrunkView__Output {
  'node': (string);
  'reach': (string);
  'since': (number);
  'why': (string);
  'registration': (string);
  'registrationWhy': (string);
}
