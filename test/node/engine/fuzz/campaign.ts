/** Throws mutated messages at the parser and at a running engine with a real app on it, and watches what becomes of it. */
import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { collect } from '../../../garbage.ts'
import { type Dialog, later, reply, request, type Srf, type Stack, sdp, startStack, udpPeer } from '../stack.ts'
import { FAST } from '../torture/tell.ts'
import { mutated } from './mutate.ts'
import { misread } from './reading.ts'

export interface Failure {
  readonly index: number
  readonly what: string
  readonly bytes: Buffer
}

export interface Campaign {
  readonly seed: number
  readonly from: number
  /** Ends before the message of this number. */
  readonly until: number
  readonly corpus: readonly string[]
  /** Whether the time is up. */
  over(): boolean
  /** After each batch: how many there were, and which one is next (for who watches from outside). */
  progress(done: number, next: number): void
}

const BATCH = 200
/** One batch in so many has a call; one message in so many goes over TCP, one in so many to the app, which asks a peer that answers with mutations. */
const CALL_EACH = 5
const TCP_EACH = 16
const ANSWER_EACH = 40
/** What the heap may have more at the end, when nothing is held any more. */
const HEAP_MORE = 24 * 1024 * 1024
const ALIVE_MS = 20_000
const DAY_MS = 25 * 3_600_000

/** What failed first, or null. */
export async function campaign(plan: Campaign): Promise<{ messages: number; failure: Failure | null }> {
  const closing: (() => unknown)[] = []
  // A subscription lasts for up to a day, and so does its dialog.
  let days = 0
  const talking = new Set<Dialog>()
  const clock = { now: () => performance.now() + days * DAY_MS }
  const stack = await startStack(
    { teardown: (run) => closing.push(run) },
    { times: FAST, routes: (srf) => anything(srf, talking), clock },
  )
  const atRest = (): Promise<number> => {
    days++
    // Whoever was mutated into a call that stands does not hang up.
    for (const dialog of talking) dialog.destroy().catch(() => undefined)
    return heapAtRest(stack)
  }
  const peer = await mutatingPeer(plan, closing)
  let next = plan.from
  let messages = 0
  let failure: Failure | null = null
  let heap = 0
  try {
    while (next < plan.until && !plan.over() && !failure) {
      const end = Math.min(next + BATCH, plan.until)
      failure = await batch(stack, plan, next, end, peer)
      messages += end - next
      next = end
      plan.progress(messages, next)
      // By now everything that is made once has been made.
      if (heap === 0 && messages >= 20 * BATCH) heap = await atRest()
    }
    if (!failure && heap > 0) {
      const more = (await atRest()) - heap
      if (more > HEAP_MORE)
        failure = { index: next - 1, what: `the heap grew by ${more >> 20} MiB`, bytes: Buffer.alloc(0) }
    }
  } finally {
    for (const close of closing) await close()
  }
  return { messages, failure }
}

/** An app that does something with everything; `talking` are its calls. */
function anything(srf: Srf, talking: Set<Dialog>): void {
  srf.register((_req, res) => res.send(401, { headers: { 'WWW-Authenticate': 'Digest realm="pbx.test", nonce="1"' } }))
  srf.options((_req, res) => res.send(200))
  srf.message((req, res) => res.send(200, { body: req.body }))
  srf.info((_req, res) => res.send(200))
  srf.refer((_req, res) => res.send(202))
  let calls = 0
  srf.invite((req, res) => {
    if (!req.get('Call-ID').startsWith(IN_CALL) && calls++ % 2 === 0) res.send(486)
    // What srf finds missing it says by refusing; the dialog ends by itself when no ACK comes.
    else
      srf.createUAS(req, res, { localSdp: sdp(4000) }).then(
        (dialog) => {
          talking.add(dialog)
          dialog.on('destroy', () => talking.delete(dialog))
        },
        () => undefined,
      )
  })
}

async function batch(
  stack: Stack,
  plan: Campaign,
  from: number,
  end: number,
  peer: MutatingPeer,
): Promise<Failure | null> {
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const streams: Promise<void>[] = []
  try {
    for (let index = from; index < end; index++) {
      const bytes = mutated(plan.seed, index, plan.corpus)
      const what = reading(bytes)
      if (what !== null) return { index, what, bytes }
      if (index % TCP_EACH === 0) streams.push(overTcp(stack.port, bytes, index))
      else socket.send(bytes, stack.port, '127.0.0.1')
      if (index % ANSWER_EACH === 0) peer.ask(stack, index)
      // A socket's buffer holds some hundred of them.
      if (index % 32 === 31) await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(streams)
    if ((from / BATCH) % CALL_EACH === 0) await withinCall(stack, plan, from)
    const alive = await answers(stack.port, socket)
    const fault = alive ? stack.faults[0] : 'the next valid OPTIONS was not answered'
    return fault === undefined ? null : await theOne(plan, from, end, fault)
  } finally {
    socket.close()
  }
}

function reading(bytes: Buffer): string | null {
  try {
    return misread(bytes)
  } catch (error) {
    return (error as Error).stack ?? String(error)
  }
}

const IN_CALL = 'incall'
const WITHIN = ['INFO', 'INVITE', 'UPDATE', 'MESSAGE', 'REFER', 'NOTIFY', 'OPTIONS', 'ACK', 'CANCEL', 'BYE']

/** A call of ours, mutated requests in it, and its end. */
async function withinCall(stack: Stack, plan: Campaign, index: number): Promise<void> {
  const closing: (() => unknown)[] = []
  const peer = await udpPeer({ teardown: (run) => closing.push(run) }, stack.port)
  const callId = `${IN_CALL}-${plan.seed}-${index}`
  const invite = request(
    peer,
    'INVITE',
    'sip:bob@pbx.test',
    { 'Call-ID': callId, 'Content-Type': 'application/sdp' },
    sdp(4002),
  )
  peer.send(invite)
  const answer = await peer.next('200')
  peer.send(later(peer, 'ACK', invite, answer, 1))
  for (const [i, method] of WITHIN.entries()) {
    const right = later(peer, method, invite, answer, i + 2)
    // As it was but for the change: with another Call-ID it would be in no dialog.
    const bytes = mutated(plan.seed, index + i, [right]).toString('latin1')
    peer.send(Buffer.from(bytes.replace(/^(call-id|i)(\s*:).*/im, `$1$2 ${callId}`), 'latin1'))
  }
  peer.send(later(peer, 'BYE', invite, answer, 2 ** 31 - 1))
  await peer.next((text) => /^SIP.*\r\n[\s\S]*CSeq: 2147483647 BYE/.test(text))
  for (const close of closing) close()
}

/** Which message of a batch it was: each alone on a fresh engine, until one does it again. */
async function theOne(plan: Campaign, from: number, end: number, fault: string): Promise<Failure> {
  for (let index = from; index < end; index++) {
    const closing: (() => unknown)[] = []
    const stack = await startStack(
      { teardown: (run) => closing.push(run) },
      { times: FAST, routes: (srf) => anything(srf, new Set()) },
    )
    const bytes = mutated(plan.seed, index, plan.corpus)
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    socket.send(bytes, stack.port, '127.0.0.1')
    await overTcp(stack.port, bytes, index)
    const alive = await answers(stack.port, socket)
    const again = alive ? stack.faults[0] : 'the next valid OPTIONS was not answered'
    socket.close()
    for (const close of closing) await close()
    if (again !== undefined) return { index, what: again, bytes }
  }
  return { index: from, what: `${fault} (by none of ${from} to ${end - 1} alone)`, bytes: Buffer.alloc(0) }
}

/** On one connection, in two pieces; it ends when the engine ends it, or when all was taken. */
function overTcp(port: number, bytes: Buffer, index: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port, noDelay: true })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
    socket.on('connect', () => {
      const at = bytes.length === 0 ? 0 : index % bytes.length
      socket.write(bytes.subarray(0, at))
      setImmediate(() => socket.end(bytes.subarray(at)))
    })
    socket.resume()
  })
}

let probes = 0

/** Whether a valid OPTIONS is answered; a datagram may be lost in a crowd, so it is asked again. */
async function answers(port: number, socket: dgram.Socket): Promise<boolean> {
  const callId = `probe-${++probes}`
  const own = (socket.address() as net.AddressInfo).port
  const asked = request({ transport: 'UDP', port: own }, 'OPTIONS', 'sip:pbx.test', { 'Call-ID': callId })
  return new Promise((resolve) => {
    const ask = (): void => socket.send(asked, port, '127.0.0.1')
    const again = setInterval(ask, 500)
    const late = setTimeout(() => done(false), ALIVE_MS)
    const hear = (bytes: Buffer): void => {
      if (bytes.includes(callId) && bytes.toString('latin1').startsWith('SIP/2.0 200')) done(true)
    }
    const done = (alive: boolean): void => {
      clearInterval(again)
      clearTimeout(late)
      socket.off('message', hear)
      resolve(alive)
    }
    socket.on('message', hear)
    ask()
  })
}

interface MutatingPeer {
  ask(stack: Stack, index: number): void
}

/** A peer that the app asks something, and that answers with a mutated 200. */
async function mutatingPeer(plan: Campaign, closing: (() => unknown)[]): Promise<MutatingPeer> {
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  closing.push(() => socket.close())
  const { port } = socket.address()
  let answered = 0
  socket.on('message', (bytes, { port: back }) => {
    const asked = bytes.toString('latin1')
    if (!/^(OPTIONS|INVITE|BYE) /.test(asked)) return
    const contact = `sip:peer@127.0.0.1:${port}`
    const right = reply(asked, '200 OK', { contact, body: sdp(4000) })
    socket.send(mutated(plan.seed, ++answered, [right]), back, '127.0.0.1')
  })
  return {
    ask({ srf }, index) {
      const uri = `sip:peer@127.0.0.1:${port}`
      const asked =
        index % (2 * ANSWER_EACH) === 0
          ? srf.createUAC(uri, { localSdp: sdp(4000) }).then((dialog) => dialog.destroy())
          : srf.request(uri, { method: 'OPTIONS' })
      asked.catch(() => undefined)
    },
  }
}

/** What the heap holds when every transaction and dialog is over. */
async function heapAtRest({ engine }: Stack): Promise<number> {
  const end = performance.now() + ALIVE_MS
  const held = (): number => {
    const { dialogs, serverTransactions, clientTransactions, unanswered } = engine.stats()
    return dialogs + serverTransactions + clientTransactions + unanswered
  }
  while (held() > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20))
  if (held() > 0) throw new Error(`something stays: ${JSON.stringify(engine.stats())}`)
  collect()
  return process.memoryUsage().heapUsed
}
