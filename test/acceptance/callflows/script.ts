/** One side of a call flow, message by message, and the SIPp scenario that plays it. Pure. */

export type Step =
  | ({ readonly kind: 'sends'; readonly method: string } & Sent)
  | ({ readonly kind: 'answers'; readonly status: number; readonly reason: string; readonly to: string } & Sent)
  | { readonly kind: 'hears'; readonly status: number; readonly to: string; readonly isAgain: boolean }
  | { readonly kind: 'gets'; readonly method: string }
  /** Others act, from the first message of each to its last, before this side goes on. */
  | { readonly kind: 'meanwhile'; readonly sides: readonly string[] }
  /** The same, but this side goes on at once. */
  | { readonly kind: 'begins'; readonly sides: readonly string[] }
  /** Another side sends or hears this, so often, before this one goes on; it knows the dialog of that side from then on. */
  | { readonly kind: 'awaits'; readonly side: string; readonly rung: string; readonly times: number }

interface Sent {
  /** Lines after the session's own; none: no body. */
  readonly sdp?: readonly string[]
  readonly headers?: readonly string[]
  /** It has moved: where its media goes from now on, and the user part of its Contact. */
  readonly moved?: { readonly media: string; readonly contact: string }
}

export interface Who {
  readonly user: string
  readonly password: string
  /** User part of the AoR that is called, or the own one. */
  readonly to: string
  readonly domain: string
  /** Where its media would go: only looked at, never sent to. */
  readonly media: string
}

const REASONS: Readonly<Record<number, string>> = {
  180: 'Ringing',
  200: 'OK',
  202: 'Accepted',
  302: 'Moved Temporarily',
  480: 'Temporarily Unavailable',
  486: 'Busy Here',
  487: 'Request Terminated',
}

export function sends(method: string, more: Sent = {}): Step {
  return { kind: 'sends', method, ...more }
}

/** `to` is the request that is answered, `INVITE` if nothing else is said. */
export function answers(status: number, more: Sent & { readonly to?: string; readonly reason?: string } = {}): Step {
  return { kind: 'answers', status, reason: REASONS[status] ?? 'Reason', to: 'INVITE', ...more }
}

export function hears(status: number, to = 'INVITE'): Step {
  return { kind: 'hears', status, to, isAgain: false }
}

/** A message that it has heard before, with others between: it counts once. */
export function hearsAgain(status: number): Step {
  return { kind: 'hears', status, to: 'INVITE', isAgain: true }
}

export function gets(method: string): Step {
  return { kind: 'gets', method }
}

export function meanwhile(...sides: readonly string[]): Step {
  return { kind: 'meanwhile', sides }
}

export function begins(...sides: readonly string[]): Step {
  return { kind: 'begins', sides }
}

/** In a header: the value of Replaces for the dialog that a side had before this one began, or that this one learnt of when it waited last. */
export const dialogOf = (side: string): string => `{dialog of ${side}}`
export const LEARNT = '[$dialog]'

export function awaits(side: string, rung: string, times = 1): Step {
  return { kind: 'awaits', side, rung, times }
}

/** As it reads in a ladder: `> INVITE` goes out, `< 407 INVITE` comes in. */
export function rung(step: Step): string | null {
  switch (step.kind) {
    case 'sends':
      return `> ${step.method}`
    case 'answers':
      return `> ${step.status} ${step.to}`
    case 'hears':
      return step.isAgain ? null : `< ${step.status} ${step.to}`
    case 'gets':
      return `< ${step.method}`
    case 'meanwhile':
    case 'begins':
    case 'awaits':
      return null
  }
}

/** By this the test tells a side to go on; it belongs to no flow. */
export const CUE = 'MESSAGE'
/** In it: the dialog of the side that was waited for. */
export const DIALOG = 'X-Dialog'

/** The scenario of a side. It ends when it is told to, so that what comes after its last message is seen. */
export function scenarioOf(steps: readonly Step[], who: Who): string {
  const calls = steps[0]?.kind === 'sends'
  const parts: string[] = []
  let seq = 0
  let established = false
  let challenged = false
  let inviteAt = 0
  let invited = 0
  const at = (): number => parts.length

  const address = (user: string): string => `<sip:${user}@${who.domain}>`
  const knows = steps.some((step) => 'headers' in step && step.headers?.some((line) => line.includes(LEARNT)))
  const learns = `<ereg regexp="[^ ].*" search_in="hdr" header="${DIALOG}:" assign_to="dialog"/>`
  let media = who.media
  let contact = contactOf(who.user)
  let version = 0
  let session = ''

  function request(step: Extract<Step, { kind: 'sends' }>): string {
    const { method } = step
    // RFC 3261 §17.1.1.3 and §9.1: what belongs to the INVITE's transaction has its branch and its number.
    const within = method === 'CANCEL' || (method === 'ACK' && !established)
    if (method !== 'ACK' && method !== 'CANCEL') seq++
    if (method === 'INVITE') invited = seq
    const number = method === 'ACK' || method === 'CANCEL' ? invited : seq
    const target = established
      ? '[next_url]'
      : method === 'REGISTER'
        ? `sip:${who.domain}`
        : `sip:${who.to}@${who.domain}`
    const peerTag = established || method === 'ACK' ? '[peer_tag_param]' : ''
    const from = calls ? `${address(who.user)};tag=[pid]c[call_number]` : '[$called];tag=[pid]a[call_number]'
    const to = calls ? `${address(who.to)}${peerTag}` : '[$caller]'
    const lines = [
      `${method} ${target} SIP/2.0`,
      `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=${within ? `[branch-${at() - inviteAt}]` : '[branch]'};rport`,
      'Max-Forwards: 70',
      `From: ${from}`,
      `To: ${to}`,
      'Call-ID: [call_id]',
      `CSeq: ${number} ${method}`,
      ...(method === 'INVITE' ||
      method === 'UPDATE' ||
      method === 'REFER' ||
      (method === 'REGISTER' && step.headers === undefined)
        ? [`Contact: ${contact}`]
        : []),
      'User-Agent: sipp',
      ...(challenged && method !== 'ACK' ? [`[authentication username=${who.user} password=${who.password}]`] : []),
      ...(established ? ['[routes]'] : []),
      ...(step.headers ?? []),
    ]
    if (method === 'INVITE') inviteAt = at()
    if (method !== 'ACK') challenged = false
    return send(lines, step.sdp, method !== 'ACK')
  }

  function response(step: Extract<Step, { kind: 'answers' }>): string {
    const first = !established && !calls
    const tag = first ? ';tag=[pid]a[call_number]' : ''
    // The first INVITE may be answered after something else came.
    const kept = ['Via: [$via]', 'From: [$caller]', `To: [$called]${tag}`, 'CSeq: [$invite] INVITE']
    const last = ['[last_Via:]', '[last_From:]', `[last_To:]${tag}`, '[last_CSeq:]']
    const lines = [
      `SIP/2.0 ${step.status} ${step.reason}`,
      ...(first && step.to === 'INVITE' ? kept : last),
      'Call-ID: [call_id]',
      ...(step.to === 'INVITE' && step.status < 300 ? [`Contact: ${contact}`] : []),
      ...(step.headers ?? []),
    ]
    if (step.to === 'INVITE' && step.status >= 200 && step.status < 300) established = true
    return send(lines, step.sdp, step.to === 'INVITE' && step.status >= 200)
  }

  function send(lines: readonly string[], sdp: readonly string[] | undefined, again: boolean): string {
    // RFC 3264 §8: what is new is the next version.
    const now = [media, ...(sdp ?? [])].join()
    if (sdp !== undefined && now !== session) {
      version++
      session = now
    }
    const body = sdp === undefined ? [] : sdpOf(media, version, sdp)
    const type = sdp === undefined ? [] : ['Content-Type: application/sdp']
    const text = [...lines, ...type, 'Content-Length: [len]', '', ...body, ''].join('\n')
    return `<send${again ? ' retrans="500"' : ''}><![CDATA[\n${text}\n]]></send>`
  }

  for (const step of steps) {
    if ('moved' in step && step.moved !== undefined) {
      media = step.moved.media
      contact = contactOf(step.moved.contact)
    }
    switch (step.kind) {
      case 'sends':
        parts.push(request(step))
        break
      case 'answers':
        parts.push(response(step))
        break
      case 'hears': {
        challenged = step.status === 401 || step.status === 407
        const final = step.to === 'INVITE' && step.status >= 200 && step.status < 300
        established ||= final
        const more = challenged ? ' auth="true"' : final ? ' rrs="true"' : ''
        parts.push(`<recv response="${step.status}"${more}/>`)
        break
      }
      case 'gets':
        parts.push(step.method === 'INVITE' ? invitation(!calls && !established) : `<recv request="${step.method}"/>`)
        break
      case 'meanwhile':
      case 'begins':
        parts.push(`<recv request="${CUE}"/>`)
        break
      case 'awaits':
        parts.push(knows ? `<recv request="${CUE}"><action>${learns}</action></recv>` : `<recv request="${CUE}"/>`)
        break
    }
  }
  parts.push(`<recv request="${CUE}"/>`)
  const used = [...new Set(parts.join().match(/assign_to="(\w+)"/g) ?? [])].map((one) => one.slice(11, -1))
  if (used.length > 0) parts.push(`<Reference variables="${used.join()}"/>`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="side">\n${parts.join('\n')}\n</scenario>\n`
}

function contactOf(user: string): string {
  return `<sip:${user}@[local_ip]:[local_port]>`
}

function invitation(first: boolean): string {
  const keep = (header: string, name: string, pattern: string): string =>
    `<ereg regexp="${pattern}" search_in="hdr" header="${header}:" assign_to="${name}"/>`
  if (!first) return '<recv request="INVITE"/>'
  // A phone that was called finds here what it needs for its answers, and for requests of its own.
  const actions = [
    keep('Via', 'via', '[^ ].*'),
    keep('From', 'caller', '[^ ].*'),
    keep('To', 'called', '&lt;[^&gt;]*&gt;'),
    keep('CSeq', 'invite', '[0-9]+'),
  ]
  return `<recv request="INVITE" rrs="true"><action>${actions.join('')}</action></recv>`
}

/** `address:port` of the media, and what is particular about it. */
function sdpOf(media: string, version: number, particular: readonly string[]): string[] {
  const [address, port] = media.split(':')
  return [
    'v=0',
    `o=- 2890844526 ${version} IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 0`,
    'a=rtpmap:0 PCMU/8000',
    ...particular,
  ]
}
