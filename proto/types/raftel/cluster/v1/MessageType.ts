// Original file: proto/cluster.proto

export const MessageType = {
  NOTHING: 'NOTHING',
  APP: 'APP',
  APP_RESP: 'APP_RESP',
  VOTE: 'VOTE',
  VOTE_RESP: 'VOTE_RESP',
  PRE_VOTE: 'PRE_VOTE',
  PRE_VOTE_RESP: 'PRE_VOTE_RESP',
  SNAP: 'SNAP',
  HEARTBEAT: 'HEARTBEAT',
  HEARTBEAT_RESP: 'HEARTBEAT_RESP',
  TRANSFER_LEADER: 'TRANSFER_LEADER',
  TIMEOUT_NOW: 'TIMEOUT_NOW',
  READ_INDEX: 'READ_INDEX',
  READ_INDEX_RESP: 'READ_INDEX_RESP',
} as const;

export type MessageType =
  | 'NOTHING'
  | 0
  | 'APP'
  | 1
  | 'APP_RESP'
  | 2
  | 'VOTE'
  | 3
  | 'VOTE_RESP'
  | 4
  | 'PRE_VOTE'
  | 5
  | 'PRE_VOTE_RESP'
  | 6
  | 'SNAP'
  | 7
  | 'HEARTBEAT'
  | 8
  | 'HEARTBEAT_RESP'
  | 9
  | 'TRANSFER_LEADER'
  | 10
  | 'TIMEOUT_NOW'
  | 11
  | 'READ_INDEX'
  | 12
  | 'READ_INDEX_RESP'
  | 13

export type MessageType__Output = typeof MessageType[keyof typeof MessageType]
