// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface AddCreditRequest {
  'account'?: (string);
  'amount'?: (number | string | Long);
  'currency'?: (string);
  'reason'?: (string);
  'id'?: (string);
  'by'?: (string);
}

export interface AddCreditRequest__Output {
  'account': (string);
  'amount': (number);
  'currency': (string);
  'reason': (string);
  'id': (string);
  'by': (string);
}
