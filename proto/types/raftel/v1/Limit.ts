// Original file: proto/control.proto

import type { Guard as _raftel_v1_Guard, Guard__Output as _raftel_v1_Guard__Output } from '../../raftel/v1/Guard.ts';
import type { Long } from '@grpc/proto-loader';

export interface Limit {
  'key'?: (string);
  'calls'?: (number);
  'perSecond'?: (number);
  'burst'?: (number);
  'minutes'?: (number);
  'period'?: (string);
  'zone'?: (string);
  'prefixes'?: (string)[];
  'guard'?: (_raftel_v1_Guard | null);
  'callsUsed'?: (number);
  'tokensLeft'?: (number);
  'secondsUsed'?: (number | string | Long);
  'strict'?: (boolean);
  '_calls'?: "calls";
  '_perSecond'?: "perSecond";
  '_burst'?: "burst";
  '_minutes'?: "minutes";
}

export interface Limit__Output {
  'key': (string);
  'calls'?: (number);
  'perSecond'?: (number);
  'burst'?: (number);
  'minutes'?: (number);
  'period': (string);
  'zone': (string);
  'prefixes': (string)[];
  'guard': (_raftel_v1_Guard__Output | null);
  'callsUsed': (number);
  'tokensLeft': (number);
  'secondsUsed': (number);
  'strict': (boolean);
  '_calls'?: "calls";
  '_perSecond'?: "perSecond";
  '_burst'?: "burst";
  '_minutes'?: "minutes";
}
