// Original file: proto/control.proto

import type { LineError as _raftel_v1_LineError, LineError__Output as _raftel_v1_LineError__Output } from '../../raftel/v1/LineError.ts';

export interface ImportReport {
  'version'?: (number);
  'rates'?: (number);
  'errors'?: (number);
  'lines'?: (_raftel_v1_LineError)[];
}

export interface ImportReport__Output {
  'version': (number);
  'rates': (number);
  'errors': (number);
  'lines': (_raftel_v1_LineError__Output)[];
}
