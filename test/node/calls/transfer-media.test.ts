/** After a transfer the two who are left hear each other, through the relay. */
import test from 'ava'
import { correlation } from '../../../node/phone/hear.ts'
import { readSdp } from '../../../node/phone/sdp.ts'
import { sampleRate } from '../../../node/phone/wav.ts'
import { needing } from '../../peers.ts'
import { ownPlace, until as poll, rtpPlaying, sdpAt, speechLike } from '../media/rig.ts'
import { port, SDP_A, soon } from '../sip/support.ts'
import { call, nodes, phone } from './rig.ts'
import { isOver, type Talker, talker } from './talker.ts'

needing(test, 'rtpengine')('bob and carol hear each other when alice has transferred him to her', async (t) => {
  const media = await ownPlace(t)
  const [n1] = await nodes(t, 1, '', 100, { media })
  const [his, hers] = [speechLike(3, 4), speechLike(7, 4)]
  const [bob, carol] = [await rtpPlaying(t, his), await rtpPlaying(t, hers)]
  const offers: string[] = []
  const called = Promise.withResolvers<Talker>()
  const moved = Promise.withResolvers<void>()
  await phone(t, n1!, 'bob', async (invitation) => {
    const dialog = await invitation.answer(sdpAt(bob.port))
    if (dialog === null) return
    const talking = talker(dialog, sdpAt(bob.port))
    dialog.release()
    dialog.handle({
      ...talking.handlers,
      async modify(offer) {
        offers.push(offer)
        bob.talk(readSdp(offer)!)
        moved.resolve()
        return { kind: 'answered', sdp: sdpAt(bob.port) }
      },
    })
    called.resolve(talking)
  })
  await phone(t, n1!, 'carol', async (invitation) => {
    offers.push(invitation.body)
    const dialog = await invitation.answer(sdpAt(carol.port))
    if (dialog === null) return
    talker(dialog, sdpAt(carol.port))
    // Nobody hears what she says before he has been moved to her.
    await moved.promise
    carol.talk(readSdp(invitation.body)!)
  })
  const outcome = await soon('an answer', call(await port(t), n1!, 'bob').outcome, 20_000)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  const alice = talker(outcome.dialog, SDP_A)
  const { dialog } = await soon('bob in the call', called.promise)
  t.is(await alice.refer('<sip:carol@pbx.test>'), 202)
  await soon('BYE at alice', alice.bye)
  await poll(() => bob.counts().received >= 190 && carol.counts().received >= 190)
  // The first words may be lost, before the relay knows where they go.
  const [some, other] = [hers, his].map((all) => all.subarray(sampleRate, 3 * sampleRate))
  t.true(correlation(some!, bob.heard()).heard, 'bob hears carol')
  t.true(correlation(other!, carol.heard()).heard, 'and she hears him')
  t.is(offers.length, 2)
  for (const offer of offers) {
    const heard = readSdp(offer)!.port
    t.true(heard >= media.ports[0] && heard <= media.ports[1], 'both only ever see the relay')
  }
  t.is(n1!.sessions(), 1, 'the ports of the call before are let go')
  dialog.bye()
  await isOver(t, n1!)
})
