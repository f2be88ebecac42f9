// Original file: proto/control.proto


export interface RatesHead {
  'deck'?: (string);
  'currency'?: (string);
  'uses'?: (string)[];
  'dryRun'?: (boolean);
}

export interface RatesHead__Output {
  'deck': (string);
  'currency': (string);
  'uses': (string)[];
  'dryRun': (boolean);
}
