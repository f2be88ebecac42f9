/** SUBSCRIBE and NOTIFY (RFC 6665), REFER (RFC 3515), and what else an app sends and hears outside of calls. */
import test from 'ava'
import { answerTo, replyWith, until } from './rules/support.ts'
import {
  type Dialog,
  header,
  later,
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

type Handler = (req: Message & { readonly stackDialogId: string }, res: Response) => void
/** What stack.ts does not declare of drachtio-srf. */
interface More {
  subscribe(run: Handler): void
  notify(run: Handler): void
  publish(run: Handler): void
  request(uri: string, options: object): Promise<Message>
}
const more = (srf: Srf): More => srf as unknown as More
const events = (of: unknown): NodeJS.EventEmitter => of as NodeJS.EventEmitter

/** A request of the peer in the dialog of one of our requests. */
function notify(peer: Peer, asked: string, seq: number, tag: string, state: string): string {
  return request(peer, 'NOTIFY', /<([^>]+)>/.exec(header(asked, 'Contact'))![1]!, {
    From: `${header(asked, 'To').replace(/;tag=.*/, '')};tag=${tag}`,
    To: header(asked, 'From'),
    'Call-ID': header(asked, 'Call-ID'),
    CSeq: `${seq} NOTIFY`,
    Event: 'presence',
    'Subscription-State': state,
  })
}

test('D14: a notifier refuses an event it does not know, notifies at once, and ends with Expires 0', async (t) => {
  const { srf, port, engine, faults } = await startStack(t)
  more(srf).subscribe(async (req, res) => {
    if (req.get('Event') !== 'presence') {
      res.send(489, { headers: { 'Allow-Events': 'presence' } })
      return
    }
    const dialog = (await srf.createUAS(req, res, { localSdp: '', headers: { Expires: '60' } } as never)) as Dialog
    const state = (text: string) =>
      dialog.request({ method: 'NOTIFY', headers: { Event: 'presence', 'Subscription-State': text } })
    events(dialog).on('unsubscribe', () => void state('terminated;reason=timeout'))
    await state('active;expires=60')
  })
  const peer = await udpPeer(t, port)
  await wanted(peer, 'SUBSCRIBE')
  const bogus = await answerTo(peer, request(peer, 'SUBSCRIBE', 'sip:bob@pbx.test', { Event: 'bogus' }))
  t.regex(bogus, /^SIP\/2\.0 489/)
  t.is(header(bogus, 'Allow-Events'), 'presence')
  const asked = request(peer, 'SUBSCRIBE', 'sip:bob@pbx.test', { Event: 'presence', Expires: '60' })
  peer.send(asked)
  const answer = await peer.next('202')
  t.is(header(answer, 'Expires'), '60')
  const first = await peer.next('NOTIFY')
  t.is(header(first, 'To'), header(asked, 'From'))
  t.is(header(first, 'From'), header(answer, 'To'))
  t.true(first.startsWith(`NOTIFY sip:alice@127.0.0.1:${peer.port} `))
  peer.send(reply(first, '200 OK'))
  t.is(engine.stats().dialogs, 1)
  peer.send(
    later(peer, 'SUBSCRIBE', asked, answer, 2).replace('Max-Forwards', 'Event: presence\r\nExpires: 0\r\nMax-Forwards'),
  )
  await peer.next('202')
  const last = await peer.next('NOTIFY')
  t.regex(header(last, 'Subscription-State'), /^terminated/)
  peer.send(reply(last, '200 OK'))
  t.is(engine.stats().dialogs, 0)
  t.deepEqual(faults, [])
})

test('a NOTIFY before the answer makes the dialog, others are forks of it, and the last one ends it', async (t) => {
  const { srf, port, engine, faults } = await startStack(t)
  const heard: [string, string][] = []
  more(srf).notify((req, res) => {
    heard.push([req.stackDialogId, req.get('Subscription-State')])
    res.send(200)
  })
  const peer = await udpPeer(t, port)
  await wanted(peer, 'NOTIFY')
  const uri = `sip:bob@127.0.0.1:${peer.port}`
  const sent = await more(srf).request(uri, { method: 'SUBSCRIBE', headers: { Event: 'presence', Expires: '60' } })
  const answered = new Promise<Message>((resolve) => sent.on('response', resolve))
  const asked = await peer.next('SUBSCRIBE')
  t.regex(await answerTo(peer, notify(peer, asked, 1, 'one', 'pending')), /^SIP\/2\.0 200/)
  t.is(engine.stats().dialogs, 1)
  peer.send(replyWith(asked, '200 OK', 'Expires: 60', { tag: 'one', contact: uri }))
  const id = ((await answered) as unknown as { stackDialogId: string }).stackDialogId
  t.is(id, `${header(asked, 'Call-ID')};from-tag=${header(asked, 'From').split(';tag=')[1]}`)
  t.regex(await answerTo(peer, notify(peer, asked, 1, 'two', 'active')), /^SIP\/2\.0 200/)
  t.regex(await answerTo(peer, notify(peer, asked, 2, 'one', 'active')), /^SIP\/2\.0 200/)
  t.regex(
    await answerTo(peer, notify(peer, asked, 1, 'one', 'active')),
    /^SIP\/2\.0 500/,
    'each fork counts for itself',
  )
  t.is(engine.stats().dialogs, 1)
  t.regex(await answerTo(peer, notify(peer, asked, 3, 'one', 'terminated;reason=noresource')), /^SIP\/2\.0 200/)
  t.is(engine.stats().dialogs, 0)
  t.deepEqual(heard, [
    [id, 'pending'],
    [id, 'active'],
    [id, 'active'],
    [id, 'terminated;reason=noresource'],
  ])
  t.deepEqual(faults, [])
})

test('a subscription whose notifier falls silent leaves nothing behind when its time is over', async (t) => {
  let at = 0
  const { srf, port, engine } = await startStack(t, { clock: { now: () => at } })
  const peer = await udpPeer(t, port)
  const uri = `sip:bob@127.0.0.1:${peer.port}`
  const sent = await more(srf).request(uri, { method: 'SUBSCRIBE', headers: { Event: 'presence', Expires: '60' } })
  const answered = new Promise((resolve) => sent.on('response', resolve))
  peer.send(replyWith(await peer.next('SUBSCRIBE'), '200 OK', 'Expires: 60', { contact: uri }))
  await answered
  at += 60_000
  await answerTo(peer, request(peer, 'FOO', 'sip:pbx.test'))
  t.is(engine.stats().dialogs, 1)
  at += 32_100
  await until('the dialog is gone', () => engine.stats().dialogs === 0)
})

const FRAGMENT = { Event: 'refer', 'Content-Type': 'message/sipfrag' }

test('D13: a REFER in a call is accepted, its NOTIFYs tell how it goes, and the call lives on', async (t) => {
  const { srf, port, engine } = await startStack(t)
  srf.invite(async (req, res) => {
    const dialog = await srf.createUAS(req, res, { localSdp: sdp(4000) })
    events(dialog).on('refer', async (refer: Message, answer: Response) => {
      answer.send(202)
      t.is(refer.get('Refer-To'), '<sip:carol@pbx.test?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>')
      for (const [state, body] of [
        ['active', 'SIP/2.0 100 Trying'],
        ['terminated;reason=noresource', 'SIP/2.0 200 OK'],
      ])
        await dialog.request({ method: 'NOTIFY', headers: { ...FRAGMENT, 'Subscription-State': state! }, body: body! })
    })
  })
  const peer = await udpPeer(t, port)
  await wanted(peer, 'INVITE')
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test', {}, sdp(5000))
  peer.send(invite)
  const answer = await peer.next('200')
  peer.send(later(peer, 'ACK', invite, answer, 1))
  const refer = later(peer, 'REFER', invite, answer, 2)
  peer.send(
    refer.replace('Max-Forwards', 'r: <sip:carol@pbx.test?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>\r\nMax-Forwards'),
  )
  t.regex(header(await peer.next('202'), 'Contact'), /^<sip:/)
  for (const body of ['SIP/2.0 100 Trying', 'SIP/2.0 200 OK']) {
    const told = await peer.next('NOTIFY')
    t.true(told.endsWith(`\r\n\r\n${body}`))
    t.is(header(told, 'To'), header(invite, 'From'))
    peer.send(reply(told, '200 OK'))
  }
  t.is(engine.stats().dialogs, 1)
  t.regex(await answerTo(peer, later(peer, 'BYE', invite, answer, 3)), /^SIP\/2\.0 200/)
})

test('a REFER outside of a call makes the dialog of its subscription, on either side, and Refer-Sub: false none', async (t) => {
  const { srf, port, engine } = await startStack(t)
  const asked = Promise.withResolvers<string>()
  srf.refer((req, res) => {
    if (req.get('Refer-Sub') === 'false') {
      res.send(202, { headers: { 'Refer-Sub': 'false' } })
      return
    }
    const send = res.send.bind(res) as unknown as (status: number, more: object, told: () => void) => void
    send(202, {}, () => asked.resolve((res as unknown as { meta: { dialogId: string } }).meta.dialogId))
  })
  const peer = await udpPeer(t, port)
  await wanted(peer, 'REFER')
  const to = { 'Refer-To': '<sip:carol@pbx.test>' }
  t.regex(
    await answerTo(peer, request(peer, 'REFER', 'sip:bob@pbx.test', { ...to, 'Refer-Sub': 'false' })),
    /^SIP\/2\.0 202/,
  )
  t.is(engine.stats().dialogs, 0)
  const refer = request(peer, 'REFER', 'sip:bob@pbx.test', to)
  const answer = await answerTo(peer, refer)
  t.is(engine.stats().dialogs, 1)
  const ended = { ...FRAGMENT, 'Subscription-State': 'terminated' }
  const stackDialogId = await asked.promise
  await more(srf).request('sip:placeholder', {
    method: 'NOTIFY',
    stackDialogId,
    headers: ended,
    body: 'SIP/2.0 200 OK',
  })
  const told = await peer.next('NOTIFY')
  t.deepEqual([header(told, 'From'), header(told, 'To')], [header(answer, 'To'), header(refer, 'From')])
  peer.send(reply(told, '200 OK'))
  t.is(engine.stats().dialogs, 0)

  const uri = `sip:bob@127.0.0.1:${peer.port}`
  const heard = new Promise<string>((resolve) =>
    more(srf).notify((req, res) => {
      res.send(200)
      resolve(req.body)
    }),
  )
  await wanted(peer, 'NOTIFY')
  const sent = await more(srf).request(uri, { method: 'REFER', headers: to })
  const accepted = new Promise((resolve) => sent.on('response', resolve))
  const ours = await peer.next('REFER')
  peer.send(reply(ours, '202 Accepted', { contact: uri }))
  await accepted
  t.is(engine.stats().dialogs, 1)
  const last = notify(peer, ours, 1, 'peer', 'terminated').replace(
    'Content-Length: 0\r\n\r\n',
    'Content-Length: 14\r\n\r\nSIP/2.0 200 OK',
  )
  t.regex(await answerTo(peer, last), /^SIP\/2\.0 200/)
  t.is(await heard, 'SIP/2.0 200 OK')
  t.is(engine.stats().dialogs, 0)
})

test('Replaces, Reason and Session-ID pass as they are, both ways', async (t) => {
  const { srf, port } = await startStack(t)
  const heard: string[] = []
  const made = Promise.withResolvers<Dialog>()
  const ours = { 'Session-ID': 'fedc;remote=0123', 'X-Odd': 'a;b="c, d"' }
  srf.invite(async (req, res) => {
    heard.push(req.get('Replaces'), req.get('Session-ID'))
    const dialog = await srf.createUAS(req, res, { localSdp: sdp(4000), headers: ours } as never)
    events(dialog).on('destroy', (bye: Message) => heard.push(bye.get('Reason'), bye.get('Session-ID')))
    made.resolve(dialog)
  })
  const peer = await udpPeer(t, port)
  await wanted(peer, 'INVITE')
  const replaces = '98732@pbx.test;from-tag=r33th4x0r;to-tag=ff87ff;early-only'
  const theirs = 'ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000'
  const invite = request(peer, 'INVITE', 'sip:bob@pbx.test', { Replaces: replaces, 'Session-ID': theirs }, sdp(5000))
  peer.send(invite)
  const answer = await peer.next('200')
  t.is(header(answer, 'Session-ID'), ours['Session-ID'])
  t.is(header(answer, 'X-Odd'), ours['X-Odd'])
  peer.send(later(peer, 'ACK', invite, answer, 1))
  const reason = 'Q.850;cause=16;text="a \\"b\\", c", SIP;cause=200'
  const bye = later(peer, 'BYE', invite, answer, 2).replace(
    'Max-Forwards',
    `Reason: ${reason}\r\nSession-ID: ${theirs}\r\nMax-Forwards`,
  )
  t.regex(await answerTo(peer, bye), /^SIP\/2\.0 200/)
  await until('the app has the BYE', () => heard.length === 4)
  t.deepEqual(heard, [replaces, theirs, reason, theirs])
  t.truthy(await made.promise)
})

test('MESSAGE, PUBLISH and INFO reach the app with their bodies, and are answered once', async (t) => {
  const heard: string[] = []
  const take: Handler = (req, res) => {
    heard.push(req.body)
    res.send(200, { headers: { 'SIP-ETag': `e${heard.length}` } })
  }
  const { port, engine } = await startStack(t, {
    routes: (srf) => {
      srf.message(take as never)
      srf.info(take as never)
      more(srf).publish(take)
    },
  })
  const peer = await udpPeer(t, port)
  for (const method of ['MESSAGE', 'PUBLISH', 'INFO']) {
    const asked = request(
      peer,
      method,
      'sip:bob@pbx.test',
      { 'Content-Type': 'text/plain', Event: 'presence' },
      `${method} é`,
    )
    const answer = await answerTo(peer, asked)
    t.regex(answer, /^SIP\/2\.0 200/)
    t.is(header(answer, 'SIP-ETag'), `e${heard.length}`)
    t.is(await answerTo(peer, asked), answer)
  }
  t.deepEqual(heard, ['MESSAGE é', 'PUBLISH é', 'INFO é'])
  t.is(engine.stats().dialogs, 0)
})

test('D13: a REFER of ours in a call is told about by NOTIFYs, and the call lives on after the last', async (t) => {
  const { srf, port, engine } = await startStack(t)
  const callee = await udpPeer(t, port)
  const contact = `sip:bob@127.0.0.1:${callee.port}`
  const calling = srf.createUAC(contact, { localSdp: sdp(4000) })
  callee.send(reply(await callee.next('INVITE'), '200 OK', { contact, body: sdp(5000) }))
  const dialog = await calling
  const told: string[] = []
  events(dialog).on('notify', (req: Message, res: Response) => {
    told.push(req.body)
    res.send(200)
  })
  const ack = await callee.next('ACK')
  const asking = dialog.request({ method: 'REFER', headers: { 'Refer-To': '<sip:carol@pbx.test>' } })
  const refer = await callee.next('REFER')
  t.is(header(refer, 'Contact'), `<sip:127.0.0.1:${port}>`)
  callee.send(reply(refer, '202 Accepted', { contact }))
  await asking
  for (const [n, body] of ['SIP/2.0 100 Trying', 'SIP/2.0 200 OK'].entries()) {
    const text = notify(callee, refer, n + 1, 'peer', n === 0 ? 'active' : 'terminated')
    t.regex(
      await answerTo(
        callee,
        text.replace('Content-Length: 0\r\n\r\n', `Content-Length: ${body.length}\r\n\r\n${body}`),
      ),
      /^SIP\/2\.0 200/,
    )
  }
  t.deepEqual(told, ['SIP/2.0 100 Trying', 'SIP/2.0 200 OK'])
  t.is(engine.stats().dialogs, 1)
  t.true(header(ack, 'To').endsWith(';tag=peer'))
})
