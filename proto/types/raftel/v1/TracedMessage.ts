// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface TracedMessage {
  'at'?: (number | string | Long);
  'sent'?: (boolean);
  'transport'?: (string);
  'local'?: (string);
  'remote'?: (string);
  'callId'?: (string);
  'text'?: (string);
}

export interface TracedMessage__Output {
  'at': (number);
  'sent': (boolean);
  'transport': (string);
  'local': (string);
  'remote': (string);
  'callId': (string);
  'text': (string);
}
