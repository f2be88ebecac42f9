/** Call detail records as drachtio-srf hands them to an app. */
import test, { type ExecutionContext } from 'ava'
import {
  header,
  later,
  type Message,
  type Peer,
  reply,
  request,
  type Srf,
  sdp,
  startStack,
  udpPeer,
  wanted,
} from './stack.ts'

interface Records {
  readonly seen: string[]
  /** Comes back when as many were seen. */
  until(count: number): Promise<string[]>
}

function recording(srf: Srf): Records {
  const seen: string[] = []
  let wake = (): void => {}
  const add = (what: string, msg: Message): void => {
    seen.push(`${what} ${msg.get('CSeq')}`)
    wake()
  }
  srf.on('cdr:attempt', (source, time, msg) => add(`attempt ${source} ${/^[\d:.]{15}$/.test(time)}`, msg))
  srf.on('cdr:start', (source, _time, role, msg) => add(`start ${source} ${role} ${msg.status}`, msg))
  srf.on('cdr:stop', (source, _time, reason, msg) => add(`stop ${source} ${reason}`, msg))
  return {
    seen,
    async until(count) {
      while (seen.length < count) await new Promise<void>((resolve) => (wake = resolve))
      return seen
    },
  }
}

const uriOf = (peer: Peer): string => `sip:bob@127.0.0.1:${peer.port}`
const invite = (peer: Peer): string =>
  request(peer, 'INVITE', 'sip:bob@pbx.test', { 'Content-Type': 'application/sdp' }, sdp(5000))
const cancelOf = (asked: string): string =>
  asked
    .replace(/^INVITE/, 'CANCEL')
    .replace('1 INVITE', '1 CANCEL')
    .replace(/Content-Length: \d+[\s\S]*$/, 'Content-Length: 0\r\n\r\n')

async function start(t: ExecutionContext, cdrs: boolean, routes: (srf: Srf) => void) {
  let records: Records | null = null
  const stack = await startStack(t, {
    cdrs,
    routes: (srf) => {
      records = recording(srf)
      routes(srf)
    },
  })
  const caller = await udpPeer(t, stack.port)
  await wanted(caller, 'INVITE')
  return { ...stack, caller, records: records! as Records }
}

test('a call that is answered by the app is tried, begins, and ends with the BYE of the caller', async (t) => {
  const { caller, records, faults } = await start(t, true, (srf) => {
    srf.invite((req, res) => void srf.createUAS(req, res, { localSdp: sdp(4000) }))
  })
  const asked = invite(caller)
  caller.send(asked)
  const answer = await caller.next('200')
  caller.send(later(caller, 'ACK', asked, answer, 1))
  caller.send(later(caller, 'BYE', asked, answer, 2))
  t.deepEqual(await records.until(3), [
    'attempt network true 1 INVITE',
    'start application uas 200 1 INVITE',
    'stop network normal-release 2 BYE',
  ])
  t.deepEqual(faults, [])
})

test('a call that the app refuses, and one that its caller cancels, end without having begun', async (t) => {
  const { caller, records } = await start(t, true, (srf) => {
    srf.invite((req, res) => (req.uri.includes('busy') ? res.send(486) : res.send(180)))
  })
  caller.send(invite(caller).replace('bob@pbx', 'busy@pbx'))
  await caller.next('486')
  const asked = invite(caller)
  caller.send(asked)
  await caller.next('180')
  caller.send(cancelOf(asked))
  t.deepEqual(await records.until(4), [
    'attempt network true 1 INVITE',
    'stop application call-rejected 1 INVITE',
    'attempt network true 1 INVITE',
    'stop application call-canceled 1 INVITE',
  ])
})

test('a call that the app makes is tried, begins, and ends with its BYE; a refused one ends at once', async (t) => {
  const { srf, port, records } = await start(t, true, (srf) => srf.invite((_req, res) => res.send(486)))
  const callee = await udpPeer(t, port)
  const calling = srf.createUAC(uriOf(callee), { localSdp: sdp(4000) })
  callee.send(reply(await callee.next('INVITE'), '200 OK', { contact: uriOf(callee), body: sdp(5000) }))
  const dialog = await calling
  void dialog.destroy()
  callee.send(reply(await callee.next('BYE'), '200 OK'))
  const refused = t.throwsAsync(srf.createUAC(uriOf(callee), { localSdp: sdp(4000) }), { message: /486/ })
  callee.send(reply(await callee.next('INVITE'), '486 Busy Here'))
  await refused
  t.deepEqual(await records.until(5), [
    'attempt application true 1 INVITE',
    'start network uac 200 1 INVITE',
    'stop application normal-release 2 BYE',
    'attempt application true 1 INVITE',
    'stop network call-rejected 1 INVITE',
  ])
})

test('a proxied call has records of both its sides, and its BYE is recorded once however often it comes', async (t) => {
  const targets: string[] = []
  const { port, caller, records } = await start(t, true, (srf) => {
    srf.invite((req) => void srf.proxyRequest(req, targets, { recordRoute: true }))
  })
  const callee = await udpPeer(t, port)
  targets.push(uriOf(callee))
  const asked = invite(caller)
  caller.send(asked)
  const onward = await callee.next('INVITE')
  callee.send(reply(onward, '200 OK', { contact: uriOf(callee), body: sdp(6000) }))
  const answer = await caller.next('200')
  const route = `\r\nRoute: ${header(onward, 'Record-Route')}\r\nFrom:`
  const bye = later(caller, 'BYE', asked, answer, 2).replace('\r\nFrom:', route)
  caller.send(bye)
  caller.send(bye)
  await callee.next('BYE')
  await callee.next('BYE')
  // A further call, so that a second record of the BYE would have come before it.
  caller.send(invite(caller))
  const seen = await records.until(7)
  t.deepEqual(seen.slice(0, 7), [
    'attempt network true 1 INVITE',
    'attempt application true 1 INVITE',
    'start network proxy-uac 200 1 INVITE',
    'start application proxy-uas 200 1 INVITE',
    'stop network normal-release 2 BYE',
    'stop application normal-release 2 BYE',
    'attempt network true 1 INVITE',
  ])
})

test('without --cdrs there are no records, and an app that only wants records serves no call', async (t) => {
  const { caller, records } = await start(t, false, (srf) => srf.invite((_req, res) => res.send(486)))
  caller.send(invite(caller))
  await caller.next('486')
  t.deepEqual(records.seen, [])
  const idle = await startStack(t, { cdrs: true, routes: (srf) => void recording(srf) })
  const other = await udpPeer(t, idle.port)
  other.send(request(other, 'OPTIONS', 'sip:pbx.test'))
  await other.next('503')
})
