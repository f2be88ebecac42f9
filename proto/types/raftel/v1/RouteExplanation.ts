// Original file: proto/control.proto

import type { RouteDecision as _raftel_v1_RouteDecision, RouteDecision__Output as _raftel_v1_RouteDecision__Output } from '../../raftel/v1/RouteDecision.ts';
import type { ExplainedStep as _raftel_v1_ExplainedStep, ExplainedStep__Output as _raftel_v1_ExplainedStep__Output } from '../../raftel/v1/ExplainedStep.ts';
import type { Long } from '@grpc/proto-loader';

export interface RouteExplanation {
  'decision'?: (_raftel_v1_RouteDecision | null);
  'from'?: (string);
  'to'?: (string);
  'at'?: (number | string | Long);
  'steps'?: (_raftel_v1_ExplainedStep)[];
  'node'?: (string);
}

export interface RouteExplanation__Output {
  'decision': (_raftel_v1_RouteDecision__Output | null);
  'from': (string);
  'to': (string);
  'at': (number);
  'steps': (_raftel_v1_ExplainedStep__Output)[];
  'node': (string);
}
