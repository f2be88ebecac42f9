// Original file: proto/control.proto


export interface CreditAccount {
  'account'?: (string);
}

export interface CreditAccount__Output {
  'account': (string);
}
