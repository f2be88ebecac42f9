// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface ClusterNode {
  'id'?: (string);
  'role'?: (string);
  'reachable'?: (boolean);
  'commit'?: (number | string | Long);
  'applied'?: (number | string | Long);
  'sip'?: (string);
  'control'?: (string);
  'media'?: (string);
  'hash'?: (string);
  'mediaDetail'?: (string);
  'lag'?: (number | string | Long);
  'lastContact'?: (number | string | Long);
  'memberId'?: (number);
  'member'?: (string);
  '_lag'?: "lag";
}

export interface ClusterNode__Output {
  'id': (string);
  'role': (string);
  'reachable': (boolean);
  'commit': (number);
  'applied': (number);
  'sip': (string);
  'control': (string);
  'media': (string);
  'hash': (string);
  'mediaDetail': (string);
  'lag'?: (number);
  'lastContact': (number);
  'memberId': (number);
  'member': (string);
  '_lag'?: "lag";
}
