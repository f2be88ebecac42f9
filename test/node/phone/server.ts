/** The least server that phones can use: it challenges, keeps contacts, and joins two legs. Media is direct. */
import type { ExecutionContext } from 'ava'
import { credentialsOf, parseAuthorization, verify } from '../../../node/sip/digest.ts'
import { openSip } from '../../../node/sip/drachtio.ts'
import type { Dialog, SipRequest } from '../../../node/sip/port.ts'
import { keptLog } from '../media/rig.ts'

export interface Server {
  /** `host:port`. */
  readonly address: string
  /** Every REGISTER that was accepted: who, for how long, and with which algorithm the phone proved itself. */
  readonly registered: readonly { readonly user: string; readonly expires: number; readonly algorithm: string }[]
}

const password = 'secret'
const challenges = ['SHA-256', 'MD5'].map(
  (name) => `Digest realm="pbx.test", nonce="abc", algorithm=${name}, qop="auth"`,
)

export async function oneServer(
  t: ExecutionContext,
  { expires, transport = 'udp' }: { expires?: number; transport?: 'udp' | 'tcp' } = {},
): Promise<Server> {
  const sip = await openSip({
    engine: { kind: 'embedded', listen: [{ transport, host: '127.0.0.1', port: 0 }] },
    log: keptLog(),
  })
  t.teardown(() => sip.close())
  const registered: { user: string; expires: number; algorithm: string }[] = []
  const contacts = new Map<string, string>()

  function proven(request: SipRequest, header: string): string | null {
    const answer = parseAuthorization(request.header(header) ?? '')[0]
    if (!answer) return null
    const good = verify(answer, credentialsOf(answer.username, 'pbx.test', password), request.method)
    return good && answer.username === request.from.user ? answer.algorithm : 'wrong'
  }

  sip.on('register', (request) => {
    const algorithm = proven(request, 'authorization')
    if (!algorithm) return request.reply(401, { headers: { 'WWW-Authenticate': challenges } })
    if (algorithm === 'wrong') return request.reply(403)
    const seconds = Math.min(Number(request.header('expires')), expires ?? 3600)
    registered.push({ user: request.to.user, expires: seconds, algorithm })
    const contact = /<([^>]+)>/.exec(request.header('contact') ?? '')![1]!
    contacts.set(request.to.user, contact)
    request.reply(200, { headers: { Contact: `<${contact}>;expires=${seconds}` } })
  })

  sip.onInvite(async (invitation) => {
    const algorithm = proven(invitation, 'proxy-authorization')
    if (!algorithm) return invitation.reply(407, { headers: { 'Proxy-Authenticate': challenges } })
    const uri = contacts.get(invitation.to.user)
    if (!uri) return invitation.reply(404)
    const from = { display: '', uri: invitation.from.uri }
    const dialling = sip.dial({ uri, nextHop: null, from, to: { uri }, sdp: invitation.body }, () => {})
    invitation.onCancel(() => dialling.cancel())
    const outcome = await dialling.outcome
    if (outcome.kind !== 'answered') return invitation.reply(outcome.kind === 'refused' ? outcome.status : 487)
    const caller = await invitation.answer(outcome.sdp)
    if (!caller) return outcome.dialog.bye()
    join(caller, outcome.dialog)
    join(outcome.dialog, caller)
  })
  return { address: sip.address, registered }
}

const join = (one: Dialog, other: Dialog) =>
  one.handle({ bye: () => other.bye(), modify: (sdp) => other.modify(sdp), info: async () => 200 })
