import test from 'ava'
import { parseMessage, type SipResponse } from '../../../../node/engine/parser/message.ts'
import { ClientTransactions, type ClientUser } from '../../../../node/engine/transaction/client.ts'
import { ServerTransactions } from '../../../../node/engine/transaction/server.ts'
import { TimerWheel } from '../../../../node/engine/transaction/wheel.ts'
import type { Flow } from '../../../../node/engine/transport/flow.ts'

const times = { t1: 500, t2: 4_000, t4: 5_000 }

function world(): { wheel: TimerWheel; until(ms: number): void; now(): number; sent: [number, string][]; flow: Flow } {
  let now = 0
  const wheel = new TimerWheel({ now: () => now })
  const sent: [number, string][] = []
  const flow: Flow = {
    transport: 'udp',
    local: { host: '192.0.2.1', port: 5060 },
    remote: { host: '192.0.2.2', port: 5060 },
    open: true,
    send: (text) => sent.push([now, text]) > 0,
    onLost: () => ({ cancel() {} }),
  }
  const until = (ms: number): void => {
    while (now < ms) {
      now += 10
      wheel.advance()
    }
  }
  return { wheel, until, now: () => now, sent, flow }
}

test('timers fire in order and once, beyond a turn of the wheel too, and not after they are cancelled', (t) => {
  const { wheel, until, now } = world()
  const fired: [string, number][] = []
  wheel.after(30_000, () => fired.push(['late', now()]))
  wheel.after(20, () => fired.push(['early', now()]))
  wheel.after(40, () => fired.push(['never', now()])).cancel()
  wheel.after(60, () => wheel.after(0, () => fired.push(['nested', now()])))
  until(40_000)
  t.deepEqual(fired, [
    ['early', 20],
    ['nested', 70],
    ['late', 30_000],
  ])
  t.is(wheel.size, 0)
})

test('a timer whose callback throws is reported; the others of its slot, and of later ones, run as if it had not', (t) => {
  let now = 0
  const failed: unknown[] = []
  const guard = (run: () => void): void => {
    try {
      run()
    } catch (error) {
      failed.push(error)
    }
  }
  const wheel = new TimerWheel({ now: () => now }, 10, guard)
  const fired: string[] = []
  const bug = new Error('a bug')
  wheel.after(20, () => fired.push('before'))
  wheel.after(20, () => {
    throw bug
  })
  wheel.after(20, () => fired.push('beside'))
  wheel.after(40, () => fired.push('after'))
  now = 60
  guard(() => wheel.advance())
  t.deepEqual(fired, ['before', 'beside', 'after'])
  t.deepEqual(failed, [bug])
  t.is(wheel.size, 0)
})

test('what fails when a connection is lost, or was already, is reported and stays with its transaction', async (t) => {
  const { wheel, flow } = world()
  const failed: string[] = []
  const guard = (run: () => void): void => {
    try {
      run()
    } catch (error) {
      failed.push((error as Error).message)
    }
  }
  const lost = new Set<() => void>()
  const onLost = (tell: () => void) => {
    lost.add(tell)
    return { cancel: () => lost.delete(tell) }
  }
  const tcp: Flow = { ...flow, transport: 'tcp', onLost }
  const client = new ClientTransactions(wheel, times, guard)
  const ended: string[] = []
  const user = (name: string, fails: boolean): ClientUser => ({
    response() {},
    ended(why) {
      ended.push(`${name} ${why}`)
      if (fails) throw new Error(name)
    },
  })
  client.begin('z9hG4bKa', 'INVITE', tcp, 'INVITE', user('first', true))
  client.begin('z9hG4bKb', 'OPTIONS', tcp, 'OPTIONS', user('second', false))
  for (const tell of [...lost]) tell()
  client.begin('z9hG4bKc', 'OPTIONS', { ...tcp, send: () => false }, 'OPTIONS', user('third', true))
  await new Promise(setImmediate)
  t.deepEqual(ended, ['first failed', 'second failed', 'third failed'])
  t.deepEqual(failed, ['first', 'third'])
  t.is(client.size, 0)
})

test('an INVITE without any answer goes out seven times in 32 seconds (timers A and B)', (t) => {
  const { wheel, until, sent, flow } = world()
  const ended: string[] = []
  const client = new ClientTransactions(wheel, times)
  client.begin('z9hG4bKa', 'INVITE', flow, 'INVITE', { response() {}, ended: (why) => ended.push(why) })
  until(40_000)
  t.deepEqual(
    sent.map(([at]) => at),
    [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500],
  )
  t.deepEqual(ended, ['timeout'])
  t.is(client.size, 0)
})

test('another request without any answer goes out eleven times in 32 seconds (timers E and F)', (t) => {
  const { wheel, until, sent, flow } = world()
  const client = new ClientTransactions(wheel, times)
  client.begin('z9hG4bKb', 'OPTIONS', flow, 'OPTIONS', { response() {}, ended() {} })
  until(40_000)
  t.deepEqual(
    sent.map(([at]) => at),
    [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500],
  )
})

test('a refusal of an INVITE is repeated until the ACK comes (timers G, H and I)', (t) => {
  const { wheel, until, sent, flow } = world()
  const server = new ServerTransactions<string>({
    wheel,
    times,
    send: (way, text) => way.send(text),
    abandoned: () => t.fail('it was acknowledged'),
  })
  const transaction = server.begin('key', 'id', flow, true, 'ask')
  server.respond(transaction, 486, '486')
  until(4_000)
  server.again(transaction, 'ACK')
  until(20_000)
  t.deepEqual(
    sent.map(([at]) => at),
    [0, 500, 1_500, 3_500],
  )
  t.is(transaction.ask, null)
  t.is(server.size, 0)
})

test('after a final response a transaction keeps its bytes for 32 seconds and nothing else (timer J)', (t) => {
  const { wheel, until, sent, flow } = world()
  const server = new ServerTransactions<string>({ wheel, times, send: (way, text) => way.send(text), abandoned() {} })
  const transaction = server.begin('key', 'id', flow, false, 'ask')
  server.respond(transaction, 200, 'final')
  t.is(server.pending, 0)
  until(31_000)
  server.again(transaction, 'REGISTER')
  t.deepEqual(sent, [
    [0, 'final'],
    [31_000, 'final'],
  ])
  until(33_000)
  t.is(server.byKey('key'), null)
})

test('every 2xx of every fork is told for 32 seconds (timer M)', (t) => {
  const { wheel, until, flow } = world()
  const told: number[] = []
  const client = new ClientTransactions(wheel, times)
  client.begin('z9hG4bKc', 'INVITE', flow, 'INVITE', { response: (r) => told.push(r.status), ended() {} })
  const ok = parseMessage('SIP/2.0 200 OK\r\n\r\n') as SipResponse
  t.true(client.receive('z9hG4bKc', 'INVITE', ok))
  until(31_000)
  t.true(client.receive('z9hG4bKc', 'INVITE', ok))
  until(33_000)
  t.false(client.receive('z9hG4bKc', 'INVITE', ok))
  t.deepEqual(told, [200, 200])
})
