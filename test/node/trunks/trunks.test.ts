import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import test from 'ava'
import { credentialsOf, formatChallenge, parseAuthorization, verify } from '../../../node/sip/digest.ts'
import type { Invitation } from '../../../node/sip/port.ts'
import { answering, headersOf, SDP_A, SDP_B, soon, udpPeer } from '../sip/support.ts'
import { addTrunk, carrier, nodes, sealed, until } from './rig.ts'

const LOOK = { number: '+493012345', display: 'Alice', private: false, sdp: SDP_A }

test('a call to a trunk that asks who we are is answered by digest, in the same call', async (t) => {
  const seen: Invitation[] = []
  const gateway = await carrier(t, {
    invited: async (invitation) => {
      seen.push(invitation)
      const [answer] = parseAuthorization(invitation.header('authorization') ?? '')
      const known = credentialsOf('acme', 'carrier.test', 'secret')
      if (!answer || !verify(answer, known, 'INVITE', invitation.body)) {
        const challenges = ['SHA-256', 'MD5'] as const
        const values = challenges.map((one) => formatChallenge('carrier.test', 'n1', one, { stale: false }))
        return invitation.reply(401, { headers: { 'WWW-Authenticate': values } })
      }
      await invitation.answer(SDP_B)
    },
  })
  const { all } = await nodes(t, 1)
  const [{ trunks, sip }] = all as [(typeof all)[0]]
  await addTrunk(all, {
    name: 'a',
    targets: [gateway.target],
    auth: { user: 'acme', password: sealed('a', 'secret') },
    out: { format: 'national', country: '49', prefix: '9' },
    identity: { trusted: true },
  })
  const out = trunks.out('a', '+4930777', LOOK)
  if (out.kind !== 'request') return t.fail(out.why)
  const dialing = sip.dial(out.request, () => {})
  const outcome = await soon('the call is answered', dialing.outcome)
  t.is(outcome.kind, 'answered')
  t.is(seen.length, 2)
  const [first, second] = seen as [Invitation, Invitation]
  t.is(second.callId, first.callId)
  t.is(second.from.tag, first.from.tag)
  t.is(second.cseq, first.cseq + 1)
  t.is(second.uri, `sip:9030777@${gateway.host}`)
  t.is(second.from.user, '03012345')
  t.regex(second.header('p-asserted-identity') ?? '', /^<sip:03012345@/)
  if (outcome.kind === 'answered') outcome.dialog.bye()
})

test('in a call, too, a trunk that asks who we are is answered, once a request: a re-INVITE and the BYE', async (t) => {
  const { all } = await nodes(t, 1)
  const [{ trunks, sip }] = all as [(typeof all)[0]]
  const peer = await udpPeer(t, sip)
  const auth = { user: 'acme', password: sealed('a', 'secret') }
  await addTrunk(all, { name: 'a', targets: [`sip:127.0.0.1:${peer.port}`], probe: 0, auth })
  let nonces = 0
  const asks = (request: string, status: 401 | 407): void => {
    const value = formatChallenge('carrier.test', `n${++nonces}`, 'MD5', { stale: false })
    const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate'
    peer.send(`SIP/2.0 ${status} Who Is It`, [...answering(request), `${name}: ${value}`])
  }
  let last = 0
  const cseq = (request: string): number => Number.parseInt(headersOf(request, 'CSeq')[0] ?? '', 10)
  /** And none that is sent again since its answer was late. */
  const next = async (method: string): Promise<string> => {
    const request = await peer.next(`${method} `)
    if (cseq(request) <= last) return next(method)
    last = cseq(request)
    return request
  }
  /** The next request of that method proves who we are, in that header. */
  const proves = async (method: string, name: string): Promise<string> => {
    const request = await next(method)
    const [answer] = parseAuthorization(headersOf(request, name)[0] ?? '')
    const body = request.slice(request.indexOf('\r\n\r\n') + 4)
    t.true(!!answer && verify(answer, credentialsOf('acme', 'carrier.test', 'secret'), method, body))
    t.is(answer?.nonce, `n${nonces}`)
    t.is(answer?.uri, request.split(' ')[1])
    return request
  }
  const accepts = (request: string): void => {
    const more = [`Contact: <sip:gw@127.0.0.1:${peer.port}>`, 'Content-Type: application/sdp']
    peer.send('SIP/2.0 200 OK', [...answering(request), ...more], SDP_B)
  }

  const out = trunks.out('a', '+4930777', LOOK)
  if (out.kind !== 'request') return t.fail(out.why)
  const dialing = sip.dial(out.request, () => {})
  asks(await next('INVITE'), 401)
  accepts(await proves('INVITE', 'Authorization'))
  const outcome = await soon('an answer', dialing.outcome)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  const { dialog } = outcome

  const modified = dialog.modify(SDP_A.replace('1 1', '1 2'))
  const invite = await next('INVITE')
  t.deepEqual(headersOf(invite, 'Authorization'), [])
  asks(invite, 407)
  const again = await proves('INVITE', 'Proxy-Authorization')
  t.is(cseq(again), cseq(invite) + 1)
  accepts(again)
  t.deepEqual(await soon('its answer', modified), { kind: 'answered', sdp: SDP_B })

  const refused = dialog.modify(SDP_A.replace('1 1', '1 3'))
  asks(await next('INVITE'), 401)
  asks(await proves('INVITE', 'Authorization'), 401)
  t.like(await soon('a refusal', refused), { kind: 'refused', status: 401 }, 'it did not like what it heard')
  t.true(dialog.up)

  dialog.bye()
  asks(await next('BYE'), 401)
  const bye = await proves('BYE', 'Authorization')
  let parted = false
  void dialog.parted?.then(() => (parted = true))
  t.false(parted)
  peer.send('SIP/2.0 200 OK', answering(bye))
  await soon('that it knows of the end', dialog.parted!)
})

test('a wrong password is asked for once, not for ever', async (t) => {
  let times = 0
  const gateway = await carrier(t, {
    invited(invitation) {
      times++
      const value = formatChallenge('carrier.test', `n${times}`, 'MD5', { stale: false })
      invitation.reply(407, { headers: { 'Proxy-Authenticate': [value] } })
    },
  })
  const { all } = await nodes(t, 1)
  await addTrunk(all, { name: 'a', targets: [gateway.target], auth: { user: 'u', password: sealed('a', 'wrong') } })
  const out = all[0]!.trunks.out('a', '1', LOOK)
  if (out.kind !== 'request') return t.fail(out.why)
  const outcome = await soon('the refusal', all[0]!.sip.dial(out.request, () => {}).outcome)
  t.like(outcome, { kind: 'refused', status: 407 })
  t.is(times, 2)
})

test('who withholds his number is anonymous to a trunk that is not trusted, and named to one that is', async (t) => {
  const { all } = await nodes(t, 1)
  await addTrunk(all, { name: 'a', targets: ['sip:192.0.2.1'], probe: 0 })
  await addTrunk(all, { name: 'b', targets: ['sip:192.0.2.1'], probe: 0, identity: { trusted: true } })
  const invite = (name: string) => {
    const out = all[0]!.trunks.out(name, '1', { ...LOOK, private: true })
    return out.kind === 'request' ? out.request : t.fail(out.why)
  }
  const [a, b] = [invite('a')!, invite('b')!]
  t.is(a.from.uri, 'sip:anonymous@anonymous.invalid')
  t.false(JSON.stringify(a).includes('493012345'))
  t.is(a.headers?.Privacy, 'id')
  t.is(b.from.uri, 'sip:anonymous@anonymous.invalid')
  t.regex(b.headers?.['P-Asserted-Identity'] ?? '', /493012345/)
})

test('a call belongs to the trunk with the longest prefix of its address; one of a disabled trunk to none', async (t) => {
  const { all } = await nodes(t, 1)
  const { trunks } = all[0]!
  const at = (address: string, caller: string | null = null) =>
    trunks.cameIn({ source: { transport: 'udp', address, port: 5060 } }, caller)
  const trunk = (name: string, from: string[], more = {}) =>
    addTrunk(all, { name, targets: ['sip:192.0.2.1'], probe: 0, inbound: { from, ...more } })
  await trunk('wide', ['192.0.2.0/24', '2001:db8::/32'])
  await trunk('narrow', ['192.0.2.128/25', '192.0.2.7'])
  await trunk('both', ['198.51.100.1'], { user: 'pbx@pbx.test' })
  await trunk('named', [], { user: 'branch@pbx.test' })
  t.is(at('192.0.2.1'), 'wide')
  t.is(at('192.0.2.7'), 'narrow')
  t.is(at('192.0.2.200'), 'narrow')
  t.is(at('2001:db8::1'), 'wide')
  t.is(at('203.0.113.1'), null)
  t.is(at('198.51.100.1'), null)
  t.is(at('198.51.100.1', 'pbx@pbx.test'), 'both')
  t.is(at('203.0.113.1', 'branch@pbx.test'), 'named')
  await addTrunk(all, { name: 'narrow', targets: ['sip:192.0.2.1'], inbound: { from: ['192.0.2.7'] }, disabled: true })
  t.is(at('192.0.2.7'), 'wide')
})

test('a target that is silent makes way for the next, and a trunk that no node reaches is down', async (t) => {
  const silent = createSocket('udp4').bind(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const failing = await carrier(t, { options: (request) => request.reply(503) })
  const good = await carrier(t)
  const { all } = await nodes(t, 3, { answerMs: 500 })
  const mute = `sip:127.0.0.1:${silent.address().port}`
  await addTrunk(all, { name: 'a', targets: [failing.target, good.target], probe: 1 })
  await addTrunk(all, { name: 'b', targets: [failing.target], probe: 1 })
  await addTrunk(all, { name: 'c', targets: [mute], probe: 1 })
  const { cluster, trunks } = all[0]!
  await until(cluster, 'trunks that do not answer are down', () => {
    return trunks.standing('b')?.state === 'down' && trunks.standing('c')?.state === 'down'
  })
  t.is(trunks.standing('a')?.state, 'up')
  const out = trunks.out('a', '1', LOOK)
  t.is(out.kind === 'request' ? out.request.nextHop : null, good.target)
  t.like(trunks.out('b', '1', LOOK), { kind: 'unreachable' })
  // Whoever calls for help is not told so.
  t.is(trunks.out('b', '112', { ...LOOK, emergency: true }).kind, 'request')
})

test('what a call hears counts: three times 503 and this node calls through another', async (t) => {
  const { all } = await nodes(t, 3, {
    order: (node, sip) => ({
      uri: `sip:${node}@${sip}`,
      nextHop: null,
      from: { display: '', uri: '' },
      to: { uri: '' },
      sdp: '',
    }),
  })
  await addTrunk(all, { name: 'a', targets: ['sip:192.0.2.1'], probe: 0 })
  const { trunks, cluster } = all[0]!
  for (const status of [503, 408, 486, 503, 503]) trunks.outcome('a', status)
  t.is(trunks.standing('a')?.state, 'up')
  trunks.outcome('a', 503)
  await until(cluster, 'it is said', () => trunks.standing('a')?.state === 'partly')
  t.deepEqual(trunks.standing('a')?.unreachableFrom, ['n1'])
  t.like(trunks.out('a', '1', LOOK), { kind: 'request', via: 'n2' })
  t.like(all[1]!.trunks.out('a', '1', LOOK), { kind: 'request', via: null })
  t.is(trunks.standing('nothing'), null)
})
