/**
 * How long a registration lasts, twice: what the phone is granted, and the lease that the cluster agrees on. Pure: chance comes from
 * outside, between 0 and 1.
 */

export interface RegistrationPolicy {
  /** Seconds: for a phone that names none, and the shortest and the longest that is granted. */
  readonly defaultExpires: number
  readonly minExpires: number
  readonly maxExpires: number
  /** Contacts in one request, and of one AoR. */
  readonly contactsMax: number
  /** A phone is granted up to so many percent less than it asked for, drawn anew each time. */
  readonly jitterPercent: number
  /** Seconds that a binding is agreed on for, at least; it is agreed on anew when half of them are gone. */
  readonly leaseSeconds: number
}

export const POLICY: RegistrationPolicy = {
  defaultExpires: 3600,
  minExpires: 60,
  maxExpires: 7200,
  contactsMax: 10,
  jitterPercent: 15,
  leaseSeconds: 1800,
}

/**
 * Seconds by which a lease outlasts what the phone was told: what passes between the stamp of the leader and the 200, and what an
 * estimate of cluster time may be behind.
 */
export const SLACK_SECONDS = 30

/** A lease is drawn up to so much longer, so that phones that came together are not agreed on together for ever. */
const LEASE_SPREAD = 0.25

/** Never more than was asked (RFC 3261 §10.2.4), nor less than a phone may ask for next time. Seconds, 0 for 0. */
export function granted(asked: number, { minExpires, jitterPercent }: RegistrationPolicy, chance: number): number {
  const less = Math.floor((asked * jitterPercent * chance) / 100)
  return Math.max(Math.min(asked, minExpires), asked - less)
}

/** Seconds that the cluster is to agree on for a contact that was granted so many. */
export function leaseFor(granted: number, { leaseSeconds }: RegistrationPolicy, chance: number): number {
  if (granted === 0) return 0
  return Math.max(Math.floor(leaseSeconds * (1 + LEASE_SPREAD * chance)), granted + SLACK_SECONDS)
}

/** REGISTERs that may be under way on a node before one more is refused. */
export interface Room {
  /** Of phones whose registration this node has: most of them cost a question to the leader and nothing on disk. */
  readonly known: number
  /** Of all others, which are agreed on. */
  readonly fresh: number
}

export const ROOM: Room = { known: 4_000, fresh: 1_000 }

/** So few are served whatever the last one took: somebody has to show that it is quick again. */
const FEW = 64
/** Who waits for 2 s is answered in vain, and his phone has sent it twice by then. Ms. */
const SLOW = { known: 1_000, fresh: 500 }

export interface Busy {
  /** All that are under way, and those of them that are being agreed on. */
  readonly waiting: number
  readonly agreeing: number
  /** How long the last one took that was served, ms. */
  readonly took: number
}

/** Whether one more REGISTER may come in: by number, and by how long the last one took, before the queue grows. */
export function hasRoom(isKnown: boolean, { waiting, agreeing, took }: Busy, room: Room): boolean {
  if (waiting >= room.known || (!isKnown && agreeing >= room.fresh)) return false
  return waiting < FEW || took < (isKnown ? SLOW.known : SLOW.fresh)
}

/** Seconds, drawn from this range for everybody alone: those who were sent away together shall not come back together. */
export const RETRY_AFTER = { min: 2, max: 10 }
/** Who asks for something new while there is too much to do waits longer than who is known. */
export const RETRY_NEW_AFTER = { min: 10, max: 40 }

export function retryAfter({ min, max }: { readonly min: number; readonly max: number }, chance: number): number {
  return min + Math.floor(chance * (max - min + 1))
}
