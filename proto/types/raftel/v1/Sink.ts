// Original file: proto/control.proto

import type { RefusedCdr as _raftel_v1_RefusedCdr, RefusedCdr__Output as _raftel_v1_RefusedCdr__Output } from '../../raftel/v1/RefusedCdr.ts';
import type { Long } from '@grpc/proto-loader';

export interface Sink {
  'name'?: (string);
  'kind'?: (string);
  'target'?: (string);
  'node'?: (string);
  'table'?: (string);
  'tenant'?: (string);
  'fields'?: (string)[];
  'state'?: (string);
  'cursor'?: (number | string | Long);
  'lag'?: (number | string | Long);
  'lost'?: (number | string | Long);
  'parked'?: (number | string | Long);
  'refused'?: (_raftel_v1_RefusedCdr)[];
  'trouble'?: (string);
  'troubleSince'?: (number | string | Long);
  'oldest'?: (number | string | Long);
}

export interface Sink__Output {
  'name': (string);
  'kind': (string);
  'target': (string);
  'node': (string);
  'table': (string);
  'tenant': (string);
  'fields': (string)[];
  'state': (string);
  'cursor': (number);
  'lag': (number);
  'lost': (number);
  'parked': (number);
  'refused': (_raftel_v1_RefusedCdr__Output)[];
  'trouble': (string);
  'troubleSince': (number);
  'oldest': (number);
}
