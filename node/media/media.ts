/** What calls know of media: a session takes SDP in and gives the SDP to send on. */
import type { MediaKind } from '../../cluster/tables/rows.ts'
import type { ToldQuality } from '../../proto/cdr.ts'

export type Side = 'caller' | 'called'

/** SDP to pass on, or why there is none. */
export type Passed =
  | { readonly kind: 'sdp'; readonly sdp: string }
  /** The SDP could not be used (488), or the relay did not do it (503). */
  | { readonly kind: 'failed'; readonly status: 488 | 503; readonly reason: string }

/** The media of one call. Ends exactly once; ending twice is fine; a lost relay never throws. */
export interface MediaSession {
  readonly kind: MediaKind
  /** `side` offers (INVITE, re-INVITE, either direction): what to offer to the other side. */
  offer(side: Side, sdp: string): Promise<Passed>
  /** `side` answers: what to answer the other side with. */
  answer(side: Side, sdp: string): Promise<Passed>
  /** Counted by the relay, now; null when it cannot say (direct media, relay gone). */
  streams(): Promise<readonly Stream[] | null>
  /** True when the relay says that it has no such call: it heard nobody for its timeout, or it is another process now. */
  gone(): Promise<boolean>
  /** Releases the ports. Resolves when released or when the relay is known to be gone; with what it counted, if it can say. */
  end(): Promise<readonly Stream[] | null>
}

/** What one side sent, as the relay counted it. */
export interface Stream {
  readonly side: Side
  readonly packets: number
  readonly bytes: number
  readonly codec: string
  /** `address:port` it comes from. */
  readonly endpoint: string
  readonly errors: number
  /** What that side says of what it heard, by the reports of both sides as the relay reads them (RTCP, RFC 3550 §6.4), means over the call; absent: it says nothing. */
  readonly heard?: ToldQuality
}

export interface MediaStatus {
  readonly kind: MediaKind
  /** One sentence: version and pid of the sidecar, or why media is direct and what to do. */
  readonly detail: string
  readonly sessions: number
}

export interface Media {
  /** `id`: the call; unique. With no working relay the session is direct: SDP passes through unchanged. */
  open(id: string): MediaSession
  status(): MediaStatus
  /** Called when the relay comes or goes. Returns how to stop it. */
  onStatus(listener: (status: MediaStatus) => void): () => void
  close(): Promise<void>
}
