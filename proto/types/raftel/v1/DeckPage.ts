// Original file: proto/control.proto

import type { Deck as _raftel_v1_Deck, Deck__Output as _raftel_v1_Deck__Output } from '../../raftel/v1/Deck.ts';
import type { Long } from '@grpc/proto-loader';

export interface DeckPage {
  'rows'?: (_raftel_v1_Deck)[];
  'next'?: (string);
  'total'?: (number | string | Long);
  'applied'?: (number | string | Long);
}

export interface DeckPage__Output {
  'rows': (_raftel_v1_Deck__Output)[];
  'next': (string);
  'total': (number);
  'applied': (number);
}
