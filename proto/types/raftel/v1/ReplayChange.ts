// Original file: proto/control.proto

import type { RouteDecision as _raftel_v1_RouteDecision, RouteDecision__Output as _raftel_v1_RouteDecision__Output } from '../../raftel/v1/RouteDecision.ts';
import type { Long } from '@grpc/proto-loader';

export interface ReplayChange {
  'kind'?: (string);
  'from'?: (string);
  'dialled'?: (string);
  'domain'?: (string);
  'trunk'?: (string);
  'at'?: (number | string | Long);
  'before'?: (_raftel_v1_RouteDecision | null);
  'after'?: (_raftel_v1_RouteDecision | null);
}

export interface ReplayChange__Output {
  'kind': (string);
  'from': (string);
  'dialled': (string);
  'domain': (string);
  'trunk': (string);
  'at': (number);
  'before': (_raftel_v1_RouteDecision__Output | null);
  'after': (_raftel_v1_RouteDecision__Output | null);
}
