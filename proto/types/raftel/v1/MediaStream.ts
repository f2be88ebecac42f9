// Original file: proto/control.proto

import type { MediaQuality as _raftel_v1_MediaQuality, MediaQuality__Output as _raftel_v1_MediaQuality__Output } from '../../raftel/v1/MediaQuality.ts';
import type { Long } from '@grpc/proto-loader';

export interface MediaStream {
  'side'?: (string);
  'packets'?: (number | string | Long);
  'bytes'?: (number | string | Long);
  'codec'?: (string);
  'endpoint'?: (string);
  'errors'?: (number | string | Long);
  'heard'?: (_raftel_v1_MediaQuality | null);
}

export interface MediaStream__Output {
  'side': (string);
  'packets': (number);
  'bytes': (number);
  'codec': (string);
  'endpoint': (string);
  'errors': (number);
  'heard': (_raftel_v1_MediaQuality__Output | null);
}
