/** The SDP of a side of a call that is not its own: what is made up for it, and how it stays one session. Pure. */

/** What goes out to one side. */
export interface Lasting {
  /** The SDP as it goes out: with the origin of the first, and the next version when it says something new. */
  give(sdp: string): string
  /** It was refused: what holds is what was last before. */
  back(before: string): void
  /** What went out last and holds; empty before. */
  readonly last: string
}

const ORIGIN = /^o=(\S+) (\S+) (\d{1,30}) (.*)$/m
const DIRECTION = /^a=(?:sendonly|recvonly|inactive)$/gm

/**
 * One session for whoever hears it (RFC 3264 §8), also when another speaks now: a phone that sees an unchanged version
 * may not look at the rest, and one that sees another session may refuse it.
 */
export function lasting(): Lasting {
  let first: { readonly name: string; readonly session: string; readonly address: string } | null = null
  let version = 0n
  let last = ''
  let newest = ''
  return {
    give(sdp) {
      const [, name, session, number, address] = ORIGIN.exec(sdp) ?? []
      if (name === undefined || session === undefined || number === undefined || address === undefined) {
        last = sdp
        newest = sdp
        return sdp
      }
      if (first === null) {
        first = { name, session, address }
        version = BigInt(number)
      } else if (withoutOrigin(sdp) !== withoutOrigin(newest)) {
        version++
      }
      const origin = `o=${first.name} ${first.session} ${version} ${first.address}`
      last = sdp.replace(ORIGIN, () => origin)
      newest = last
      return last
    },
    back(before) {
      last = before
    },
    get last() {
      return last
    },
  }
}

function withoutOrigin(sdp: string): string {
  return sdp.replace(ORIGIN, '')
}

/** The same streams, free to go both ways: what a side is offered that offers nothing itself, also to end its hold. */
export function freely(sdp: string): string {
  return sdp.replace(DIRECTION, 'a=sendrecv')
}

/**
 * An offer on behalf of a caller who made none: G.711 and DTMF, which every phone has, towards the discard port of this
 * node until the caller has said where he listens. Not to 0.0.0.0, which phones take for a hold.
 */
export function madeUpOffer(sipAddress: string, callId: string): string {
  const host = sipAddress.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  const address = host.includes(':') ? `IP6 ${host}` : `IP4 ${/^[\d.]+$/.test(host) ? host : '127.0.0.1'}`
  // RFC 4566 §5.2: a number of its own for each session; of this one the call knows no better.
  const session = [...callId].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 2 ** 31, 7)
  return [
    'v=0',
    `o=raftel ${session} 1 IN ${address}`,
    's=-',
    `c=IN ${address}`,
    't=0 0',
    'm=audio 9 RTP/AVP 0 8 101',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-15',
    'a=sendrecv',
    '',
  ].join('\r\n')
}
