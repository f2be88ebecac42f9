// Original file: proto/control.proto

import type { Attempt as _raftel_v1_Attempt, Attempt__Output as _raftel_v1_Attempt__Output } from '../../raftel/v1/Attempt.ts';
import type { Mark as _raftel_v1_Mark, Mark__Output as _raftel_v1_Mark__Output } from '../../raftel/v1/Mark.ts';
import type { Asked as _raftel_v1_Asked, Asked__Output as _raftel_v1_Asked__Output } from '../../raftel/v1/Asked.ts';
import type { Long } from '@grpc/proto-loader';

export interface Explanation {
  'id'?: (string);
  'node'?: (string);
  'ending'?: (string);
  'from'?: (string);
  'to'?: (string);
  'planVersion'?: (number | string | Long);
  'rule'?: (string);
  'target'?: (string);
  'why'?: (string)[];
  'attempts'?: (_raftel_v1_Attempt)[];
  'marks'?: (_raftel_v1_Mark)[];
  'term'?: (number | string | Long);
  'index'?: (number | string | Long);
  'known'?: (string);
  'asked'?: (_raftel_v1_Asked | null);
}

export interface Explanation__Output {
  'id': (string);
  'node': (string);
  'ending': (string);
  'from': (string);
  'to': (string);
  'planVersion': (number);
  'rule': (string);
  'target': (string);
  'why': (string)[];
  'attempts': (_raftel_v1_Attempt__Output)[];
  'marks': (_raftel_v1_Mark__Output)[];
  'term': (number);
  'index': (number);
  'known': (string);
  'asked': (_raftel_v1_Asked__Output | null);
}
