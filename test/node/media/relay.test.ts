import test from 'ava'
import type { MediaSession, Passed, Stream } from '../../../node/media/media.ts'
import { connectRelay } from '../../../node/media/rtpengine.ts'
import { startMedia } from '../../../node/media/start.ts'
import { decode, encode } from '../../../node/phone/g711.ts'
import { correlation } from '../../../node/phone/hear.ts'
import type { RtpStream } from '../../../node/phone/rtp.ts'
import { readSdp } from '../../../node/phone/sdp.ts'
import { keptLog, origin, ownPlace, rtpPlaying, sdpAt, speechLike, until } from './rig.ts'
import { type Reporter, reporter } from './rtcp.ts'

const sdpOf = (result: Passed): string => {
  if (result.kind === 'failed') throw new Error(`${result.status} ${result.reason}`)
  return result.sdp
}

/** Offer and answer, and both streams talk to where the relay told them. */
async function connect(session: MediaSession, caller: RtpStream, called: RtpStream): Promise<readonly number[]> {
  const offered = readSdp(sdpOf(await session.offer('caller', sdpAt(caller.port))))!
  const answered = readSdp(sdpOf(await session.answer('called', sdpAt(called.port))))!
  called.talk(offered)
  caller.talk(answered)
  return [offered.port, answered.port]
}

test('two phones hear each other through rtpengine, which counts their packets and frees its ports', async (t) => {
  const place = await ownPlace(t)
  const media = await startMedia({ mode: place, whenDown: 'reject', log: keptLog() })
  t.teardown(() => media.close())
  t.is(media.status().kind, 'rtpengine')
  const [spoken, replied] = [speechLike(1, 2), speechLike(2, 2)]
  const [caller, called] = [await rtpPlaying(t, spoken), await rtpPlaying(t, replied)]

  const session = media.open('call-1')
  t.is(media.status().sessions, 1)
  const ports = await connect(session, caller, called)
  t.true(ports.every((port) => port >= place.ports[0] && port <= place.ports[1]))
  await until(() => caller.counts().received >= 110 && called.counts().received >= 110)

  const there = correlation(decode('PCMU', encode('PCMU', spoken)), called.heard())
  const back = correlation(decode('PCMU', encode('PCMU', replied)), caller.heard())
  t.true(there.heard && there.score > 0.99, `caller to called ${there.score}`)
  t.true(back.heard && back.score > 0.99, `called to caller ${back.score}`)
  t.false(correlation(replied, called.heard()).heard, 'nobody hears himself')

  const streams = (await session.streams())!
  t.deepEqual(streams.map(({ side }) => side).sort(), ['called', 'caller'])
  t.true(streams.every(({ packets, bytes, errors }) => packets >= 100 && bytes > packets && errors === 0))
  t.true(
    streams.every(({ codec }) => codec.startsWith('PCMU')),
    JSON.stringify(streams),
  )

  await Promise.all([session.end(), session.end()])
  t.is(media.status().sessions, 0)
  t.is(await session.streams(), null)
  t.like(await session.offer('caller', sdpAt(caller.port)), { kind: 'failed', status: 503 })
})

test('what each side says of what it heard is told with what it sent, also when the call is over', async (t) => {
  const media = await startMedia({ mode: await ownPlace(t), whenDown: 'reject', log: keptLog() })
  t.teardown(() => media.close())
  const sources = [origin(), origin()] as const
  const phones = await Promise.all(sources.map((from, i) => rtpPlaying(t, speechLike(i + 1, 20), from)))
  const [caller, called] = phones as [RtpStream, RtpStream]
  const [near, far] = [
    await reporter(t, sources[0].ssrc, sources[1].ssrc, { lost: 0, jitter: 80 }),
    await reporter(t, sources[1].ssrc, sources[0].ssrc, { lost: 26, jitter: 240 }),
  ]
  const session = media.open('call-1')
  const sdp = ({ port }: RtpStream, { port: rtcp }: Reporter): string => `${sdpAt(port)}a=rtcp:${rtcp}\r\n`
  const offered = readSdp(sdpOf(await session.offer('caller', sdp(caller, near))))!
  const answered = readSdp(sdpOf(await session.answer('called', sdp(called, far))))!
  called.talk(offered)
  caller.talk(answered)
  await until(() => caller.counts().received > 5 && called.counts().received > 5)
  t.deepEqual(
    (await session.streams())!.map(({ heard }) => heard),
    [undefined, undefined],
    'nobody has said anything',
  )

  // The relay takes one report a second of each, and the first tells it only how long the way is.
  await until(async () => {
    near.send(answered.port + 1)
    far.send(offered.port + 1)
    return (await session.streams())!.every(({ heard }) => heard !== undefined)
  })
  const heardBy = (streams: readonly Stream[], side: string) => streams.find((one) => one.side === side)?.heard
  const streams = (await session.end())!
  t.like(heardBy(streams, 'caller'), { lost: 0, jitterMs: 10 })
  t.like(heardBy(streams, 'called'), { lost: 10, jitterMs: 30 })
  const [good, poor] = [heardBy(streams, 'caller')!, heardBy(streams, 'called')!]
  t.true(good.mos > poor.mos && poor.mos >= 1 && good.mos <= 4.5, JSON.stringify([good, poor]))
  t.true(good.roundTripMs >= 0 && good.roundTripMs < 10_000)
})

test('either side can hold the call and take it back, on the same ports', async (t) => {
  const media = await startMedia({ mode: await ownPlace(t), whenDown: 'reject', log: keptLog() })
  t.teardown(() => media.close())
  const session = media.open('call-2')
  const first = readSdp(sdpOf(await session.offer('caller', sdpAt(4000))))!
  const back = readSdp(sdpOf(await session.answer('called', sdpAt(4002))))!

  const held = readSdp(sdpOf(await session.offer('called', sdpAt(4002, 'PCMU', 'sendonly'))))!
  const agreed = readSdp(sdpOf(await session.answer('caller', sdpAt(4000, 'PCMU', 'recvonly'))))!
  t.like(held, { direction: 'sendonly', port: back.port })
  t.like(agreed, { direction: 'recvonly', port: first.port })

  const resumed = readSdp(sdpOf(await session.offer('caller', sdpAt(4000))))!
  t.like(resumed, { direction: 'sendrecv', port: first.port })
  await session.end()
})

test('a body that is no SDP is refused with 488 and nothing is held for it', async (t) => {
  const media = await startMedia({ mode: await ownPlace(t), whenDown: 'reject', log: keptLog() })
  t.teardown(() => media.close())
  const session = media.open('call-3')
  t.like(await session.offer('caller', 'hello'), { kind: 'failed', status: 488 })
  t.like(await session.offer('caller', 'v=0\r\nc=IN IP4 \u0000\r\nm=audio\r\n'), { kind: 'failed', status: 488 })
  await session.end()
})

test('a relay that someone else runs is used, holds no call after its end, and is reported when it goes', async (t) => {
  const owner = await startMedia({ mode: await ownPlace(t), whenDown: 'reject', log: keptLog() })
  t.teardown(() => owner.close())
  const port = await ngPortOf(owner.status().detail)
  const media = await startMedia({
    mode: { kind: 'external', host: '127.0.0.1', port },
    whenDown: 'direct',
    log: keptLog(),
  })
  t.teardown(() => media.close())
  t.is(media.status().kind, 'rtpengine')

  const spy = connectRelay('127.0.0.1', port, 1000)
  t.teardown(() => spy.close())
  const calls = async () => {
    const reply = await spy.command('list')
    return reply.kind === 'ok' ? reply.fields.calls : reply
  }
  const session = media.open('call-4')
  await session.offer('caller', sdpAt(4000))
  t.deepEqual(await calls(), ['call-4'])
  await session.end()
  t.deepEqual(await calls(), [])

  const gone = new Promise<string>((resolve) => media.onStatus((status) => resolve(status.detail)))
  const held = media.open('call-5')
  await held.offer('caller', sdpAt(4000))
  await owner.close()
  t.regex(await gone, /no rtpengine answers/)
  t.like(await held.offer('caller', sdpAt(4000)), { kind: 'failed', status: 503 })
  await held.end()
  t.is(media.open('call-6').kind, 'direct')
})

async function ngPortOf(detail: string): Promise<number> {
  const pid = /pid (\d+)/.exec(detail)![1]
  const { readFile } = await import('node:fs/promises')
  return Number(/--listen-ng=127\.0\.0\.1:(\d+)/.exec(await readFile(`/proc/${pid}/cmdline`, 'utf8'))![1])
}
