/**
 * The four transaction machines of RFC 3261 §17 with the corrections of RFC 6026, as switches to lay beside the
 * figures. A machine says which state comes next and what is to be done; who does it is in server.ts and client.ts.
 */
export interface Move<State, Act> {
  readonly to: State
  readonly act: readonly Act[]
}

function move<State extends string, Act extends string>(to: State, ...act: Act[]): Move<State, Act> {
  return { to, act }
}

// ---------------------------------------------------------------------------------------------- INVITE server, fig. 7

export type IstState = 'proceeding' | 'accepted' | 'completed' | 'confirmed' | 'terminated'
export type IstEvent = 'INVITE' | 'ACK' | '1xx' | '2xx' | '300-699' | 'timer G' | 'timer H' | 'timer I' | 'timer L'
export type IstAct = 'send' | 'repeat' | 'start G' | 'double G' | 'start H' | 'start I' | 'start L' | 'no ACK'
export type IstMove = Move<IstState, IstAct>

const IST = {
  sent: move<IstState, IstAct>('proceeding', 'send'),
  repeated: move<IstState, IstAct>('proceeding', 'repeat'),
  proceeding: move<IstState, IstAct>('proceeding'),
  // RFC 6026 §7.1: the transaction stays to absorb INVITEs, the 2xx is repeated by the dialog.
  accept: move<IstState, IstAct>('accepted', 'send', 'start L'),
  accepted: move<IstState, IstAct>('accepted'),
  again: move<IstState, IstAct>('accepted', 'send'),
  refuse: move<IstState, IstAct>('completed', 'send', 'start G', 'start H'),
  refuseReliably: move<IstState, IstAct>('completed', 'send', 'start H'),
  completed: move<IstState, IstAct>('completed'),
  repeatFinal: move<IstState, IstAct>('completed', 'repeat'),
  repeatLater: move<IstState, IstAct>('completed', 'repeat', 'double G'),
  confirm: move<IstState, IstAct>('confirmed', 'start I'),
  confirmed: move<IstState, IstAct>('confirmed'),
  deaf: move<IstState, IstAct>('terminated', 'no ACK'),
  terminated: move<IstState, IstAct>('terminated'),
}

/** INVITE server transaction. */
export function inviteServer(state: IstState, event: IstEvent, reliable: boolean): IstMove {
  switch (state) {
    case 'proceeding':
      switch (event) {
        case 'INVITE':
          return IST.repeated
        case '1xx':
          return IST.sent
        case '2xx':
          return IST.accept
        case '300-699':
          return reliable ? IST.refuseReliably : IST.refuse
        default:
          return IST.proceeding
      }
    case 'accepted':
      switch (event) {
        case '2xx':
          return IST.again
        case 'timer L':
          return IST.terminated
        default:
          return IST.accepted
      }
    case 'completed':
      switch (event) {
        case 'INVITE':
          return IST.repeatFinal
        case 'ACK':
          return reliable ? IST.terminated : IST.confirm
        case 'timer G':
          return IST.repeatLater
        case 'timer H':
          return IST.deaf
        default:
          return IST.completed
      }
    case 'confirmed':
      return event === 'timer I' ? IST.terminated : IST.confirmed
    case 'terminated':
      return IST.terminated
  }
}

// ------------------------------------------------------------------------------------------ non-INVITE server, fig. 8

export type NistState = 'trying' | 'proceeding' | 'completed' | 'terminated'
export type NistEvent = 'request' | '1xx' | 'final' | 'timer J' | 'client gave up'
export type NistAct = 'send' | 'repeat' | 'start J'
export type NistMove = Move<NistState, NistAct>

const NIST = {
  trying: move<NistState, NistAct>('trying'),
  provisional: move<NistState, NistAct>('proceeding', 'send'),
  proceeding: move<NistState, NistAct>('proceeding'),
  repeat: move<NistState, NistAct>('proceeding', 'repeat'),
  complete: move<NistState, NistAct>('completed', 'send', 'start J'),
  end: move<NistState, NistAct>('terminated', 'send'),
  completed: move<NistState, NistAct>('completed'),
  repeatFinal: move<NistState, NistAct>('completed', 'repeat'),
  terminated: move<NistState, NistAct>('terminated'),
}

/** Non-INVITE server transaction; after the client's timer F nothing may be answered any more (RFC 4320 §4.2). */
export function otherServer(state: NistState, event: NistEvent, reliable: boolean): NistMove {
  if (event === 'client gave up') return state === 'completed' ? NIST.completed : NIST.terminated
  switch (state) {
    case 'trying':
      if (event === '1xx') return NIST.provisional
      if (event === 'final') return reliable ? NIST.end : NIST.complete
      return NIST.trying
    case 'proceeding':
      if (event === 'request') return NIST.repeat
      if (event === '1xx') return NIST.provisional
      if (event === 'final') return reliable ? NIST.end : NIST.complete
      return NIST.proceeding
    case 'completed':
      if (event === 'request') return NIST.repeatFinal
      return event === 'timer J' ? NIST.terminated : NIST.completed
    case 'terminated':
      return NIST.terminated
  }
}

// ---------------------------------------------------------------------------------------------- INVITE client, fig. 5

export type IctState = 'calling' | 'proceeding' | 'accepted' | 'completed' | 'terminated'
export type IctEvent = '1xx' | '2xx' | '300-699' | 'timer A' | 'timer B' | 'timer D' | 'timer M' | 'broken'
export type IctAct = 'repeat' | 'double A' | 'stop A' | 'start D' | 'start M' | 'ack' | 'tell' | 'timeout' | 'failed'
export type IctMove = Move<IctState, IctAct>

const ICT = {
  calling: move<IctState, IctAct>('calling'),
  again: move<IctState, IctAct>('calling', 'repeat', 'double A'),
  proceed: move<IctState, IctAct>('proceeding', 'stop A', 'tell'),
  proceeding: move<IctState, IctAct>('proceeding'),
  // RFC 6026 §7.2: every 2xx of every fork is told until timer M.
  accept: move<IctState, IctAct>('accepted', 'stop A', 'start M', 'tell'),
  accepted: move<IctState, IctAct>('accepted'),
  another: move<IctState, IctAct>('accepted', 'tell'),
  refused: move<IctState, IctAct>('completed', 'stop A', 'ack', 'start D', 'tell'),
  refusedReliably: move<IctState, IctAct>('terminated', 'stop A', 'ack', 'tell'),
  completed: move<IctState, IctAct>('completed'),
  ackAgain: move<IctState, IctAct>('completed', 'ack'),
  timeout: move<IctState, IctAct>('terminated', 'timeout'),
  failed: move<IctState, IctAct>('terminated', 'failed'),
  terminated: move<IctState, IctAct>('terminated'),
}

/** INVITE client transaction. */
export function inviteClient(state: IctState, event: IctEvent, reliable: boolean): IctMove {
  switch (state) {
    case 'calling':
      switch (event) {
        case 'timer A':
          return ICT.again
        case 'timer B':
          return ICT.timeout
        case 'broken':
          return ICT.failed
        case '1xx':
          return ICT.proceed
        case '2xx':
          return ICT.accept
        case '300-699':
          return reliable ? ICT.refusedReliably : ICT.refused
        default:
          return ICT.calling
      }
    case 'proceeding':
      switch (event) {
        case '1xx':
          return ICT.proceed
        case '2xx':
          return ICT.accept
        case '300-699':
          return reliable ? ICT.refusedReliably : ICT.refused
        case 'broken':
          return ICT.failed
        default:
          return ICT.proceeding
      }
    case 'accepted':
      if (event === '2xx') return ICT.another
      return event === 'timer M' ? ICT.terminated : ICT.accepted
    case 'completed':
      if (event === '300-699') return ICT.ackAgain
      return event === 'timer D' || event === 'broken' ? ICT.terminated : ICT.completed
    case 'terminated':
      return ICT.terminated
  }
}

// ------------------------------------------------------------------------------------------ non-INVITE client, fig. 6

export type NictState = 'trying' | 'proceeding' | 'completed' | 'terminated'
export type NictEvent = '1xx' | 'final' | 'timer E' | 'timer F' | 'timer K' | 'broken'
export type NictAct = 'repeat' | 'double E' | 'slow E' | 'stop E' | 'start K' | 'tell' | 'timeout' | 'failed'
export type NictMove = Move<NictState, NictAct>

const NICT = {
  trying: move<NictState, NictAct>('trying'),
  again: move<NictState, NictAct>('trying', 'repeat', 'double E'),
  proceed: move<NictState, NictAct>('proceeding', 'tell'),
  proceeding: move<NictState, NictAct>('proceeding'),
  againSlowly: move<NictState, NictAct>('proceeding', 'repeat', 'slow E'),
  complete: move<NictState, NictAct>('completed', 'stop E', 'start K', 'tell'),
  end: move<NictState, NictAct>('terminated', 'stop E', 'tell'),
  completed: move<NictState, NictAct>('completed'),
  timeout: move<NictState, NictAct>('terminated', 'stop E', 'timeout'),
  failed: move<NictState, NictAct>('terminated', 'stop E', 'failed'),
  terminated: move<NictState, NictAct>('terminated'),
}

/** Non-INVITE client transaction. */
export function otherClient(state: NictState, event: NictEvent, reliable: boolean): NictMove {
  switch (state) {
    case 'trying':
    case 'proceeding':
      switch (event) {
        case '1xx':
          return NICT.proceed
        case 'final':
          return reliable ? NICT.end : NICT.complete
        case 'timer E':
          return state === 'trying' ? NICT.again : NICT.againSlowly
        case 'timer F':
          return NICT.timeout
        case 'broken':
          return NICT.failed
        default:
          return state === 'trying' ? NICT.trying : NICT.proceeding
      }
    case 'completed':
      return event === 'timer K' ? NICT.terminated : NICT.completed
    case 'terminated':
      return NICT.terminated
  }
}
