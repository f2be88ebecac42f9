/** When each timer of RFC 3261 Table 4 (with RFC 6026, RFC 4320 and RFC 3262) makes what happen, on a clock of the test. */
import test from 'ava'
import { repeatUntilStopped } from '../../../../node/engine/dialog/dialog.ts'
import { parseMessage, type SipResponse } from '../../../../node/engine/parser/message.ts'
import { ClientTransactions } from '../../../../node/engine/transaction/client.ts'
import { ServerTransactions } from '../../../../node/engine/transaction/server.ts'
import { TimerWheel } from '../../../../node/engine/transaction/wheel.ts'
import type { Flow, TransportName } from '../../../../node/engine/transport/flow.ts'

const TIMES = { t1: 500, t2: 4_000, t4: 5_000 }
const response = (status: number): SipResponse => parseMessage(`SIP/2.0 ${status} X\r\n\r\n`) as SipResponse

/** What is sent and said, each with its time. */
class World {
  at = 0
  readonly events: [number, string][] = []
  readonly wheel = new TimerWheel({ now: () => this.at })
  readonly flow: Flow
  readonly client: ClientTransactions
  readonly server: ServerTransactions<string>

  constructor(transport: TransportName) {
    this.flow = {
      transport,
      local: { host: '192.0.2.1', port: 5060 },
      remote: { host: '192.0.2.2', port: 5060 },
      open: true,
      send: (text) => this.say(text),
      onLost: () => ({ cancel() {} }),
    }
    this.client = new ClientTransactions(this.wheel, TIMES)
    this.server = new ServerTransactions<string>({
      wheel: this.wheel,
      times: TIMES,
      send: (flow, text) => flow.send(text),
      abandoned: (_transaction, why) => this.say(why),
    })
  }

  say(what: string): true {
    this.events.push([this.at, what])
    return true
  }

  /** Runs until this time, a hundredth of a second at a time. */
  until(ms: number): this {
    while (this.at < ms) {
      this.at += 10
      this.wheel.advance()
    }
    return this
  }

  /** Begins a client transaction. */
  ask(method: string): this {
    this.client.begin('z9hG4bKx', method, this.flow, method, {
      response: (one) => this.say(`told ${one.status}`),
      ended: (why) => this.say(why),
      ack: (one) => `ACK ${one.status}`,
    })
    return this
  }

  hear(method: string, status: number): this {
    this.client.receive('z9hG4bKx', method, response(status)) || this.say(`nobody waits for ${status}`)
    return this
  }

  /** Begins a server transaction. */
  asked(method: string): this {
    this.server.begin('key', 'id', this.flow, method === 'INVITE', 'ask')
    return this
  }

  /** The request comes again, or its ACK. */
  again(method: string): this {
    const known = this.server.byKey('key')
    if (known) this.server.again(known, method)
    else this.say(`${method} is a new one`)
    return this
  }

  tryLater(): this {
    this.server.tryLater(this.server.byKey('key')!, '100')
    return this
  }

  answer(status: number): this {
    const known = this.server.byKey('key')
    if (known) this.server.respond(known, status, String(status))
    else this.say(`${status} is too late`)
    return this
  }

  get(what: string): number[] {
    return this.events.filter(([, said]) => said === what).map(([at]) => at)
  }

  get list(): string[] {
    return this.events.map(([at, said]) => `${at} ${said}`)
  }
}

const DOUBLING = [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]
const CAPPED = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]

type Row = readonly [what: string, run: () => unknown, expected: unknown]

const ROWS: readonly Row[] = [
  [
    'A: an INVITE over UDP is repeated at T1, doubling',
    () => new World('udp').ask('INVITE').until(60_000).get('INVITE'),
    DOUBLING,
  ],
  ['A: over TCP it is not', () => new World('tcp').ask('INVITE').until(60_000).get('INVITE'), [0]],
  [
    'A: it stops at the first provisional answer',
    () => new World('udp').ask('INVITE').until(1_000).hear('INVITE', 180).until(60_000).get('INVITE'),
    [0, 500],
  ],
  ['B: nobody answered for 64 T1', () => new World('udp').ask('INVITE').until(60_000).get('timeout'), [32_000]],
  ['B: over TCP too', () => new World('tcp').ask('INVITE').until(60_000).get('timeout'), [32_000]],
  [
    'B: after a ring there is no such end',
    () => new World('udp').ask('INVITE').until(100).hear('INVITE', 180).until(200_000).get('timeout'),
    [],
  ],
  [
    'D: a refusal is acknowledged again for 32 s, and told once',
    () =>
      new World('udp')
        .ask('INVITE')
        .hear('INVITE', 486)
        .until(31_990)
        .hear('INVITE', 486)
        .until(32_010)
        .hear('INVITE', 486).list,
    ['0 INVITE', '0 ACK 486', '0 told 486', '31990 ACK 486', '32010 nobody waits for 486'],
  ],
  [
    'D: over TCP it is over at once',
    () => new World('tcp').ask('INVITE').hear('INVITE', 486).hear('INVITE', 486).list,
    ['0 INVITE', '0 ACK 486', '0 told 486', '0 nobody waits for 486'],
  ],
  [
    'M: every 2xx is told for 64 T1 (RFC 6026)',
    () =>
      new World('udp')
        .ask('INVITE')
        .hear('INVITE', 200)
        .until(31_990)
        .hear('INVITE', 200)
        .until(32_010)
        .hear('INVITE', 200).list,
    ['0 INVITE', '0 told 200', '31990 told 200', '32010 nobody waits for 200'],
  ],
  [
    'M: over TCP too, and what is no 2xx is dropped',
    () =>
      new World('tcp')
        .ask('INVITE')
        .hear('INVITE', 200)
        .until(31_990)
        .hear('INVITE', 486)
        .hear('INVITE', 180)
        .hear('INVITE', 200).list,
    ['0 INVITE', '0 told 200', '31990 told 200'],
  ],
  [
    'E: another request over UDP is repeated at T1, doubling up to T2',
    () => new World('udp').ask('OPTIONS').until(60_000).get('OPTIONS'),
    CAPPED,
  ],
  [
    'E: after a provisional answer every T2',
    () => new World('udp').ask('OPTIONS').until(600).hear('OPTIONS', 100).until(20_000).get('OPTIONS'),
    [0, 500, 1_500, 5_500, 9_500, 13_500, 17_500],
  ],
  ['E: over TCP it is not repeated', () => new World('tcp').ask('OPTIONS').until(60_000).get('OPTIONS'), [0]],
  [
    'F: nobody answered for 64 T1, a provisional answer is none',
    () => new World('udp').ask('OPTIONS').until(600).hear('OPTIONS', 100).until(60_000).get('timeout'),
    [32_000],
  ],
  ['F: over TCP too', () => new World('tcp').ask('OPTIONS').until(60_000).get('timeout'), [32_000]],
  [
    'K: copies of the answer are swallowed for T4',
    () => new World('udp').ask('BYE').hear('BYE', 200).until(4_990).hear('BYE', 200).until(5_010).hear('BYE', 200).list,
    ['0 BYE', '0 told 200', '5010 nobody waits for 200'],
  ],
  [
    'K: over TCP there are none',
    () => new World('tcp').ask('BYE').hear('BYE', 200).hear('BYE', 200).list,
    ['0 BYE', '0 told 200', '0 nobody waits for 200'],
  ],
  [
    '100: where it waits, it is sent after 200 ms, and repeated from then on',
    () => new World('udp').asked('INVITE').tryLater().again('INVITE').until(500).again('INVITE').list,
    ['200 100', '500 100'],
  ],
  [
    '100: it is not sent when something else was answered',
    () => [
      ...new World('udp').asked('INVITE').tryLater().until(190).answer(180).until(400).list,
      ...new World('udp').asked('INVITE').tryLater().answer(486).again('ACK').until(400).list,
      ...new World('udp').asked('INVITE').tryLater().answer(200).until(400).list,
    ],
    ['190 180', '0 486', '0 200'],
  ],
  [
    'G: a refusal over UDP is repeated at T1, doubling up to T2',
    () => new World('udp').asked('INVITE').answer(486).until(60_000).get('486'),
    CAPPED,
  ],
  ['G: over TCP it is not', () => new World('tcp').asked('INVITE').answer(486).until(60_000).get('486'), [0]],
  [
    'G: an INVITE that comes again hears it at once',
    () => new World('udp').asked('INVITE').answer(486).until(100).again('INVITE').get('486'),
    [0, 100],
  ],
  [
    'H: nobody acknowledged for 64 T1',
    () => new World('udp').asked('INVITE').answer(486).until(60_000).get('no ACK'),
    [32_000],
  ],
  ['H: over TCP too', () => new World('tcp').asked('INVITE').answer(486).until(60_000).get('no ACK'), [32_000]],
  [
    'I: after the ACK nothing is said any more, and copies are swallowed for T4',
    () =>
      new World('udp')
        .asked('INVITE')
        .answer(486)
        .until(100)
        .again('ACK')
        .until(5_090)
        .again('ACK')
        .again('INVITE')
        .until(5_110)
        .again('INVITE').list,
    ['0 486', '5110 INVITE is a new one'],
  ],
  [
    'I: over TCP there are none',
    () => new World('tcp').asked('INVITE').answer(486).again('ACK').again('INVITE').list,
    ['0 486', '0 INVITE is a new one'],
  ],
  [
    'L: after a 2xx an INVITE that comes again is swallowed for 64 T1 (RFC 6026)',
    () => new World('udp').asked('INVITE').answer(200).until(31_990).again('INVITE').until(32_010).again('INVITE').list,
    ['0 200', '32010 INVITE is a new one'],
  ],
  [
    'L: over TCP too',
    () => new World('tcp').asked('INVITE').answer(200).until(31_990).again('INVITE').until(32_010).again('INVITE').list,
    ['0 200', '32010 INVITE is a new one'],
  ],
  [
    'J: the answer to another request is given again for 64 T1',
    () =>
      new World('udp').asked('OPTIONS').answer(200).until(31_990).again('OPTIONS').until(32_010).again('OPTIONS').list,
    ['0 200', '31990 200', '32010 OPTIONS is a new one'],
  ],
  [
    'J: over TCP nobody asks again',
    () => new World('tcp').asked('OPTIONS').answer(200).again('OPTIONS').list,
    ['0 200', '0 OPTIONS is a new one'],
  ],
  [
    'RFC 4320: when the client has given up, nothing is answered any more',
    () => new World('udp').asked('OPTIONS').until(32_010).answer(200).list,
    ['32000 never answered', '32010 200 is too late'],
  ],
  [
    'RFC 4320: nothing is said to another request before the app says it',
    () => new World('udp').asked('OPTIONS').until(3_000).again('OPTIONS').list,
    [],
  ],
  [
    'an INVITE waits for its answer as long as it takes',
    () => new World('udp').asked('INVITE').answer(180).until(500_000).again('INVITE').answer(486).get('486'),
    [500_000],
  ],
  [
    '§13.3.1.4: a 2xx is repeated at T1, doubling up to T2, and given up after 64 T1',
    () => repeated(TIMES.t2),
    [...CAPPED.slice(1), 'gave up at 32000'],
  ],
  [
    'RFC 3262 §3: a reliable 1xx is repeated at T1, doubling without a bound, and given up after 64 T1',
    () => repeated(Number.POSITIVE_INFINITY),
    [...DOUBLING.slice(1), 'gave up at 32000'],
  ],
]

function repeated(t2: number): (number | string)[] {
  const world = new World('udp')
  const said: (number | string)[] = []
  repeatUntilStopped(
    (ms, run) => world.wheel.after(ms, run),
    { t1: TIMES.t1, t2 },
    () => void said.push(world.at),
    () => void said.push(`gave up at ${world.at}`),
  )
  world.until(60_000)
  return said
}

for (const [what, run, expected] of ROWS) test(what, (t) => t.deepEqual(run(), expected))

test('nothing is left in the wheel nor in the tables when all timers have run', (t) => {
  for (const transport of ['udp', 'tcp'] as const) {
    const world = new World(transport).ask('INVITE').hear('INVITE', 486).asked('INVITE').answer(486)
    world.until(100_000)
    t.deepEqual([world.client.size, world.server.size, world.server.pending, world.wheel.size], [0, 0, 0, 0])
  }
})

test('of an answered transaction only its key, its flow and the bytes of its answer are kept; of a 2xx not even these', (t) => {
  for (const [method, status, kept] of [
    ['OPTIONS', 200, '200'],
    ['INVITE', 486, '486'],
    ['INVITE', 200, null],
  ] as const) {
    const world = new World('udp').asked(method).answer(status)
    const held = world.server.byKey('key') as unknown as Record<string, unknown>
    t.deepEqual([held.ask, held.last], [null, kept])
    const known = ['id', 'key', 'flow', 'ask', 'invite', 'state', 'last', 'interval', 'retransmit', 'end', 'room']
    t.deepEqual(Object.keys(held).sort(), known.sort(), 'nothing else has a place in it')
  }
})
