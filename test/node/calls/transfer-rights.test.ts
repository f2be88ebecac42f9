/** Whose rights a transfer has, when somebody means to have those of another. */
import test, { type ExecutionContext } from 'ava'
import type { Invitation } from '../../../node/sip/port.ts'
import { agreed, until } from '../../cluster/nodes.ts'
import { until as poll } from '../media/rig.ts'
import { headersOf, port, SDP_A, SDP_B, soon, udpPeer } from '../sip/support.ts'
import { call, nodes, phone, type TestNode } from './rig.ts'
import { carolAnswers, SDP_C, type Talker, talker } from './talker.ts'

/** Eve, who draws the Call-ID of each of her calls as she likes. */
async function eve(t: ExecutionContext, at: TestNode) {
  const peer = await udpPeer(t, at.sip)
  const headers = (to: string, callId: string, cseq: string) => [
    'From: <sip:eve@pbx.test>;tag=T',
    `To: ${to}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq}`,
    'Max-Forwards: 70',
    `Contact: <sip:eve@127.0.0.1:${peer.port}>`,
    'Content-Type: application/sdp',
  ]
  return {
    rings(user: string, callId: string) {
      peer.send(`INVITE sip:${user}@pbx.test SIP/2.0`, headers(`<sip:${user}@pbx.test>`, callId, '1 INVITE'), SDP_A)
      return peer.next('SIP/2.0 180')
    },
    /** The tag of the node. */
    async speaks(user: string, callId: string): Promise<string> {
      peer.send(`INVITE sip:${user}@pbx.test SIP/2.0`, headers(`<sip:${user}@pbx.test>`, callId, '1 INVITE'), SDP_A)
      const [to = ''] = headersOf(await peer.next('SIP/2.0 200'), 'To')
      peer.send(`ACK sip:${at.sip.address} SIP/2.0`, headers(to, callId, '1 ACK'))
      return /tag=(.*)/.exec(to)?.[1] ?? ''
    },
  }
}

test('who names a call so that the table has it twice gets nobody whom the node that has it does not know there', async (t) => {
  const rules = 'rules: [{name: out, match: "00!", from: [bob@pbx.test], user: carol@pbx.test}]'
  const [n1, n2] = (await nodes(t, 2, rules)) as [TestNode, TestNode]
  let isIn = false
  await phone(t, n2, 'bob', async (invitation) => {
    invitation.progress(180)
    if (isIn) (await invitation.answer(SDP_B))?.handle({ bye() {}, modify: async () => NO, info: async () => 200 })
  })
  const friends: Talker[] = []
  await phone(t, n2, 'dave', async (invitation) => {
    const dialog = await invitation.answer(SDP_B)
    if (dialog !== null) friends.push(talker(dialog, SDP_B))
  })
  let abroad = 0
  await phone(t, n1, 'carol', (invitation: Invitation) => {
    abroad++
    invitation.reply(486)
  })
  for (const { cluster } of [n1, n2]) {
    await until(cluster, 'all phones are known', () => cluster.tables.registrations.size === 3)
  }
  const she = await eve(t, n2)
  const other = await port(t)
  const replacing = async (callId: string, tag: string) => {
    await until(n1.cluster, 'n1 knows of the call', () => {
      const rows = [...n1.cluster.tables.calls.values()].filter(({ legs }) => legs[0]?.callId === callId)
      return rows.length === 2 && rows.some(({ state, target }) => state === 'answered' && target === 'dave@pbx.test')
    })
    const request = {
      uri: 'sip:dave@pbx.test',
      nextHop: `sip:${n1.sip.address}`,
      from: { display: '', uri: 'sip:eve@pbx.test' },
      to: { uri: 'sip:dave@pbx.test' },
      sdp: SDP_C,
      headers: { Replaces: `${callId};to-tag=${tag};from-tag=T` },
    }
    return soon('an outcome', other.dial(request, () => {}).outcome)
  }

  await she.rings('bob', 'one\x7f')
  const joined = await replacing('one\\x7f', await she.speaks('dave', 'one\\x7f'))
  if (joined.kind !== 'answered') return t.fail(JSON.stringify(joined))
  talker(joined.dialog, SDP_C)
  await until(n1.cluster, 'who speaks with her', () => {
    return [...n1.cluster.tables.calls.values()].some(({ node, state }) => node === n1.name && state === 'answered')
  })
  t.is([...n1.cluster.tables.calls.values()].find(({ node }) => node === n1.name)!.target, 'dave@pbx.test')
  const [dave] = friends
  t.is(await dave!.refer('<sip:0049123@pbx.test>'), 202)
  await poll(() => dave!.notices.some((notice) => notice.startsWith('terminated')))
  t.is(dave!.notices.at(-1), 'terminated SIP/2.0 404 Not Found', 'with his own rights')

  isIn = true
  await she.speaks('bob', 'two\x7f')
  t.like(await replacing('two\\x7f', await she.speaks('dave', 'two\\x7f')), { kind: 'refused', status: 481 })
  t.is(abroad, 0)
})

const NO = { kind: 'refused', status: 488, reason: 'Not Me' } as const

test('a stranger who was let in for help and is joined with somebody stays a stranger, at whichever node', async (t) => {
  const rules =
    'rules: [{name: out, match: "00!", user: carol@pbx.test}]\nemergency: {numbers: ["112"], user: bob@pbx.test}'
  for (const which of [0, 1]) {
    const both = await nodes(t, 2, rules)
    const [n1, at] = [both[0]!, both[which]!]
    const called = Promise.withResolvers<Talker>()
    const desk = await phone(t, n1, 'bob', async (invitation) => {
      const dialog = await invitation.answer(SDP_B)
      if (dialog !== null) called.resolve(talker(dialog, SDP_B))
    })
    const { spoken } = await carolAnswers(t, n1)
    for (const { cluster } of both) await until(cluster, 'both', () => cluster.tables.registrations.size === 2)
    const help = await soon('help', call(await port(t), at, '112', undefined, 'mallory').outcome)
    if (help.kind !== 'answered') return t.fail(JSON.stringify(help))
    const stranger = talker(help.dialog, SDP_A)
    const helper = await soon('who helps', called.promise)
    const asking = await soon('an answer', call(desk, n1, 'carol', undefined, 'bob').outcome)
    if (asking.kind !== 'answered') return t.fail(JSON.stringify(asking))
    const second = talker(asking.dialog, SDP_B)
    await soon('carol', spoken)
    await until(n1.cluster, 'n1 knows of both', () => {
      return [...n1.cluster.tables.calls.values()].filter(({ state }) => state === 'answered').length === 2
    })
    t.is(await second.refer(`<sip:112@pbx.test?Replaces=${encodeURIComponent(helper.replaces)}>`), 202)
    await soon('BYE at the first leg of who helps', helper.bye)
    await until(n1.cluster, 'who speaks with whom', () => {
      const rows = [...n1.cluster.tables.calls.values()]
      return rows.length === 1 && rows[0]!.from === 'carol@pbx.test' && rows[0]!.target === 'anonymous'
    })
    t.is(await stranger.refer('<sip:0049123@pbx.test>'), 403)
  }
})

test('who is no user any more has no rights in a call that stands', async (t) => {
  const [n1] = await nodes(t, 1)
  const { spoken } = await carolAnswers(t, n1!)
  const outcome = await soon('an answer', call(await port(t), n1!, 'carol').outcome)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  const alice = talker(outcome.dialog, SDP_A)
  const { carol } = await soon('carol', spoken)
  await agreed(n1!.cluster, { type: 'user-remove', aor: 'alice@pbx.test' })
  t.is(await alice.refer('<sip:carol@pbx.test>'), 403)
  t.is(await soon('an INFO', alice.dialog.info('application/dtmf-relay', 'Signal=1')), 200, 'they talk on')
  t.deepEqual(carol.infos, ['application/dtmf-relay Signal=1'])
})
