// Original file: proto/control.proto

import type { RouteDecision as _raftel_v1_RouteDecision, RouteDecision__Output as _raftel_v1_RouteDecision__Output } from '../../raftel/v1/RouteDecision.ts';

export interface TestResult {
  'document'?: (string);
  'name'?: (string);
  'ok'?: (boolean);
  'why'?: (string)[];
  'decision'?: (_raftel_v1_RouteDecision | null);
}

export interface TestResult__Output {
  'document': (string);
  'name': (string);
  'ok': (boolean);
  'why': (string)[];
  'decision': (_raftel_v1_RouteDecision__Output | null);
}
