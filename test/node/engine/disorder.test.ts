/** Whatever order a peer and an app do things in: the engine lives, and nothing is left when time has passed. */
import test from 'ava'
import { until } from './rules/support.ts'
import {
  type Dialog,
  header,
  type Message,
  type Peer,
  type Response,
  reply,
  request,
  type Srf,
  sdp,
  startStack,
  udpPeer,
  wanted,
} from './stack.ts'

interface Call {
  readonly id: string
  readonly to: string
  readonly rseq: string
  readonly invite: string
}

/** What an answer teaches of its call; null: it is over. */
function learnt(call: Call, answer: string): Call | null {
  const status = Number(answer.slice(8, 11))
  const [seq, method] = header(answer, 'CSeq').split(' ')
  if (status === 481 && method !== 'PRACK' && method !== 'CANCEL') return null
  if (status >= 300 || status === 100) return call
  const invite = method === 'INVITE' ? seq! : call.invite
  return { ...call, to: header(answer, 'To'), invite, rseq: header(answer, 'RSeq') || call.rseq }
}

/** The same numbers for the same seed (a linear congruential generator, Numerical Recipes). */
function dice(seed: number): { below(n: number): number; of<T>(list: readonly T[]): T } {
  let state = seed
  const below = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
  return { below, of: (list) => list[below(list.length)]! }
}

const METHODS = ['INVITE', 'ACK', 'PRACK', 'UPDATE', 'BYE', 'CANCEL', 'NOTIFY', 'REFER', 'SUBSCRIBE', 'INFO'] as const

for (const seed of [1, 11, 21]) {
  test(`requests of any kind in any order, and answers as they fall (seed ${seed})`, async (t) => {
    const { below, of } = dice(seed)
    let at = 0
    const app = (srf: Srf): void => {
      const any = (req: Message & { method: string }, res: Response): void => {
        const send = res.send.bind(res) as unknown as (status: number, more: object, told: () => void) => void
        const statuses = req.method === 'INVITE' ? [180, 183, 199, 200, 200, 486] : [200, 202, 404, 481]
        for (let i = below(3); i >= 0; i--) {
          const status = of(statuses)
          const headers = {
            ...(below(2) && status < 200 && { Require: '100rel' }),
            ...(below(3) === 0 && { 'Session-Expires': `${90 + below(60)};refresher=${of(['uac', 'uas'])}` }),
          }
          try {
            send(status, { headers, ...(below(2) && { body: sdp(4000, below(9)) }) }, () => {})
          } catch {}
        }
      }
      ;(srf as unknown as { use(run: typeof any): void }).use(any)
      for (const verb of ['invite', 'notify', 'refer', 'subscribe', 'info', 'update', 'prack']) {
        ;(srf as unknown as Record<string, (run: typeof any) => void>)[verb]!(any)
      }
    }
    const { srf, port, engine, faults } = await startStack(t, {
      routes: app,
      clock: { now: () => at },
      limits: { answerMs: 60_000 },
    })
    const peer = await udpPeer(t, port)
    await wanted(peer, 'INVITE')
    let count = 0
    const fresh = (): Call => ({ id: `call${seed}-${++count}`, to: '<sip:b@pbx.test>', rseq: '1', invite: '1' })
    const calls = [fresh(), fresh(), fresh()]
    void talk(srf, peer).catch(() => {})
    for (let n = 0; n < 300; n++) {
      const call = of(calls)
      const inside = call.to.includes(';tag=')
      const method = inside ? of(METHODS) : of(['INVITE', 'INVITE', 'SUBSCRIBE', 'REFER', 'CANCEL'] as const)
      const body = below(2) ? sdp(5000, below(9)) : ''
      const asked = request(
        peer,
        method,
        'sip:b@pbx.test',
        {
          From: '<sip:a@pbx.test>;tag=f',
          To: call.to,
          'Call-ID': call.id,
          CSeq: `${below(5) ? n + 1 : 1 + below(n + 1)} ${method}`,
          Supported: of(['100rel', 'timer', '100rel, timer', '']),
          ...(below(6) === 0 && { Require: '100rel' }),
          ...(below(2) && { 'Session-Expires': of(['60', '90;refresher=uas', '120', 'x', '']) }),
          RAck: `${below(4) ? call.rseq : '1'} ${call.invite} INVITE`,
          'Subscription-State': of(['active', 'terminated']),
          ...(body && { 'Content-Type': 'application/sdp' }),
        },
        body,
      )
      peer.send(asked)
      if (below(5) === 0) at += below(20_000)
      if (below(3)) continue
      // What comes back teaches the tags and numbers of the call, so that later requests are in its dialog.
      const fence = request(peer, 'PUBLISH', 'sip:pbx.test')
      peer.send(fence)
      await peer.next((text) => {
        const at = calls.findIndex((one) => one.id === header(text, 'Call-ID'))
        if (at >= 0 && text.startsWith('SIP')) calls[at] = learnt(calls[at]!, text) ?? fresh()
        const answers = ['200 OK', '481 Gone', '491 Pending', '100 Trying']
        if (!/^SIP|^ACK/.test(text)) peer.send(reply(text, of(answers)))
        return header(text, 'Call-ID') === header(fence, 'Call-ID')
      })
    }
    t.deepEqual(faults, [])
    // Calls that were answered last until BYE; everything else has an end in time.
    at += 5_000_000
    await until('nothing is left to do', () => {
      const { serverTransactions, clientTransactions, timers } = engine.stats()
      at += 60_000
      return serverTransactions + clientTransactions + timers === 0
    })
    t.deepEqual(faults, [])
    t.is(engine.stats().unanswered, 0)
  })
}

/** A call of ours to the peer, as far as it comes. */
async function talk(srf: Srf, peer: Peer): Promise<Dialog> {
  return srf.createUAC(`sip:b@127.0.0.1:${peer.port}`, { localSdp: sdp(4000) })
}
