// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Overview {
  'node'?: (string);
  'leader'?: (string);
  'term'?: (number | string | Long);
  'quorum'?: (boolean);
  'nodes'?: (number);
  'nodesUp'?: (number);
  'commit'?: (number | string | Long);
  'applied'?: (number | string | Long);
  'planVersion'?: (number | string | Long);
  'calls'?: (number | string | Long);
  'callsAnswered'?: (number | string | Long);
  'users'?: (number | string | Long);
  'bindings'?: (number | string | Long);
  'aors'?: (number | string | Long);
  'callsStartedTotal'?: (number | string | Long);
  'callsAnsweredTotal'?: (number | string | Long);
  'callsEndedTotal'?: (number | string | Long);
  'bindsTotal'?: (number | string | Long);
  'media'?: (string);
  'now'?: (number | string | Long);
  'startedAt'?: (number | string | Long);
  'refused'?: ({[key: string]: number | string | Long});
  'bans'?: (number | string | Long);
  'sip'?: ({[key: string]: number | string | Long});
}

export interface Overview__Output {
  'node': (string);
  'leader': (string);
  'term': (number);
  'quorum': (boolean);
  'nodes': (number);
  'nodesUp': (number);
  'commit': (number);
  'applied': (number);
  'planVersion': (number);
  'calls': (number);
  'callsAnswered': (number);
  'users': (number);
  'bindings': (number);
  'aors': (number);
  'callsStartedTotal': (number);
  'callsAnsweredTotal': (number);
  'callsEndedTotal': (number);
  'bindsTotal': (number);
  'media': (string);
  'now': (number);
  'startedAt': (number);
  'refused': ({[key: string]: number});
  'bans': (number);
  'sip': ({[key: string]: number});
}
