// Original file: proto/control.proto

import type { TestResult as _raftel_v1_TestResult, TestResult__Output as _raftel_v1_TestResult__Output } from '../../raftel/v1/TestResult.ts';

export interface TestResults {
  'rows'?: (_raftel_v1_TestResult)[];
  'failed'?: (number);
}

export interface TestResults__Output {
  'rows': (_raftel_v1_TestResult__Output)[];
  'failed': (number);
}
