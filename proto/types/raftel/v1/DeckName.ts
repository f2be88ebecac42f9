// Original file: proto/control.proto


export interface DeckName {
  'name'?: (string);
}

export interface DeckName__Output {
  'name': (string);
}
