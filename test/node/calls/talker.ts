/** Phones that ask for transfers, and what they hear of them. */
import type { ExecutionContext } from 'ava'
import type { Dialog, Modified } from '../../../node/sip/port.ts'
import { until } from '../../cluster/nodes.ts'
import { until as poll } from '../media/rig.ts'
import { port, SDP_A, SDP_B, soon } from '../sip/support.ts'
import { call, type Heard, listener, phone, type TestNode } from './rig.ts'

export const SDP_C = SDP_A.replace('o=a 1', 'o=c 3').replace('4000', '6000')

/** A phone in a call, and what it heard of what it asked for. */
export interface Talker extends Heard {
  readonly dialog: Dialog
  readonly notices: string[]
  /** Its dialog as it would name it in a Replaces. */
  readonly replaces: string
  refer(to: string, headers?: Readonly<Record<string, string>>): Promise<number>
}

export function talker(dialog: Dialog, sdp: string): Talker {
  const heard = listener()
  const notices: string[] = []
  dialog.handle({
    ...heard.handlers,
    async modify(offer) {
      heard.offers.push(offer)
      return { kind: 'answered', sdp }
    },
    async notified({ header, body }) {
      notices.push(`${header('subscription-state')?.split(';')[0]} ${body.trim()}`)
      return 200
    },
  })
  const refer = (to: string, headers = {}) =>
    soon('an answer to REFER', dialog.say('REFER', { 'Refer-To': to, ...headers }, ''))
  const { callId, localTag, remoteTag } = dialog
  const replaces = `${callId};to-tag=${remoteTag};from-tag=${localTag}`
  return { ...heard, dialog, notices, replaces, refer }
}

export async function carolAnswers(t: ExecutionContext, at: TestNode) {
  const answered = Promise.withResolvers<{ carol: Talker; offer: string; from: string; by: string | null }>()
  await phone(t, at, 'carol', async (invitation) => {
    invitation.progress(180)
    const dialog = await invitation.answer(SDP_C)
    const { body: offer, from } = invitation
    const by = invitation.header('referred-by')
    if (dialog !== null) answered.resolve({ carol: talker(dialog, SDP_C), offer, from: from.uri, by })
  })
  return { spoken: answered.promise }
}

/** Nothing of a call is left: no row, no media. */
export async function isOver(t: ExecutionContext, at: TestNode): Promise<void> {
  await until(at.cluster, 'no call in the table', () => at.cluster.tables.calls.size === 0)
  await poll(() => at.sessions() === 0)
  t.deepEqual(at.calls.live(), [])
}

/** Alice calls bob, and he answers. */
export async function talking(t: ExecutionContext, at: TestNode): Promise<{ alice: Talker; bob: Talker }> {
  const called = Promise.withResolvers<Talker>()
  await phone(t, at, 'bob', async (invitation) => {
    const dialog = await invitation.answer(SDP_B)
    if (dialog !== null) called.resolve(talker(dialog, SDP_B))
  })
  const outcome = await soon('an answer', call(await port(t), at, 'bob').outcome)
  if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome))
  return { alice: talker(outcome.dialog, SDP_A), bob: await soon('the call at bob', called.promise) }
}

/** Alice's second call: she speaks with carol. */
export async function consulting(t: ExecutionContext, at: TestNode) {
  const { spoken } = await carolAnswers(t, at)
  const outcome = await soon('an answer', call(await port(t), at, 'carol').outcome)
  if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome))
  const { carol } = await soon('the call at carol', spoken)
  const second = talker(outcome.dialog, SDP_A)
  return { carol, second }
}

/** From now on it answers a re-INVITE so. */
export function answersWith({ dialog, handlers, offers }: Talker, answer: (offer: string) => Promise<Modified>): void {
  dialog.release()
  dialog.handle({
    ...handlers,
    modify(offer) {
      offers.push(offer)
      return answer(offer)
    },
  })
}

export async function theyTalk(t: ExecutionContext, one: Talker, other: Talker): Promise<void> {
  const signal = `Signal=${other.infos.length}`
  t.is(await soon('an INFO', one.dialog.info('application/dtmf-relay', signal)), 200)
  t.is(other.infos.at(-1), `application/dtmf-relay ${signal}`)
}
