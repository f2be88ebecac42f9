/**
 * A command as the log carries it: version byte, cluster time (8 bytes, stamped by the leader), then JSON of
 * `[node, incarnation, seq, floor, command]`. Its maker encodes it once; the leader only writes the stamp.
 */
import type { Command } from './tables/commands.ts'
import type { Proposer } from './tables/sessions.ts'

const VERSION = 1
const HEAD = 9

/** Bytes a command may have; a routing plan is the largest that is meant to fit. */
export const COMMAND_BYTES_MAX = 2 * 1024 * 1024

export interface Proposal {
  readonly proposer: Proposer
  readonly command: Command
  /** Cluster time, ms. */
  readonly time: number
}

/** The bytes of a proposal, not yet stamped. */
export function encodeProposal({ node, incarnation, seq, floor }: Proposer, command: Command): Uint8Array {
  const json = JSON.stringify([node, incarnation, seq, floor, command])
  const bytes = Buffer.allocUnsafe(HEAD + Buffer.byteLength(json))
  bytes[0] = VERSION
  bytes.writeDoubleBE(0, 1)
  bytes.write(json, HEAD)
  return bytes
}

/** A copy with the leader's stamp; null when it is nothing this version can stamp. */
export function stamp(bytes: Uint8Array, time: number): Uint8Array | null {
  return stampAll([bytes], time)[0] ?? null
}

/**
 * The same for all of a turn; what is nothing this version can stamp is left out. They are kept as long as the log is, so they stand in a
 * block of their own: the pool of small buffers would be kept with them, and with it whatever else was in it.
 */
export function stampAll(all: readonly Uint8Array[], time: number): Uint8Array[] {
  const good = all.filter((bytes) => {
    return bytes[0] === VERSION && bytes.length > HEAD && bytes.length <= COMMAND_BYTES_MAX
  })
  const block = Buffer.allocUnsafeSlow(good.reduce((sum, { length }) => sum + length, 0))
  let end = 0
  return good.map((bytes) => {
    const stamped = block.subarray(end, (end += bytes.length))
    stamped.set(bytes)
    stamped.writeDoubleBE(time, 1)
    return stamped
  })
}

/** The stamp of a proposal, ms; 0 for what is none. */
export function stampOf(bytes: Uint8Array): number {
  if (bytes[0] !== VERSION || bytes.length <= HEAD) return 0
  const time = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readDoubleBE(1)
  return Number.isSafeInteger(time) ? time : 0
}

/** Reads a proposal back; null when the bytes are no proposal. The same bytes give the same answer on every node. */
export function decodeProposal(bytes: Uint8Array): Proposal | null {
  if (bytes[0] !== VERSION || bytes.length <= HEAD) return null
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const time = buffer.readDoubleBE(1)
  try {
    const json: unknown = JSON.parse(buffer.toString('utf8', HEAD))
    if (!Array.isArray(json) || json.length !== 5) return null
    const [node, incarnation, seq, floor, command] = json as [string, string, number, number, Command]
    if (typeof node !== 'string' || typeof incarnation !== 'string' || !isCommand(command)) return null
    if (!Number.isSafeInteger(seq) || !Number.isSafeInteger(floor) || !Number.isSafeInteger(time)) return null
    return { proposer: { node, incarnation, seq, floor }, command, time }
  } catch {
    return null
  }
}

const TYPES: Record<Command['type'], true> = {
  'cluster-init': true,
  'node-up': true,
  'node-down': true,
  'user-put': true,
  'users-put': true,
  'user-remove': true,
  'profile-put': true,
  'tenant-put': true,
  'tenant-remove': true,
  'operator-put': true,
  'operator-remove': true,
  note: true,
  bind: true,
  expire: true,
  lapse: true,
  ban: true,
  unban: true,
  'plan-commit': true,
  'plan-remove': true,
  'call-put': true,
  'call-end': true,
  'sink-put': true,
  'sink-remove': true,
  'sink-pause': true,
  'cdr-ack': true,
  'limit-set': true,
  'limit-remove': true,
  reserve: true,
  renew: true,
  release: true,
  'expire-leases': true,
  slice: true,
  unslice: true,
  'credit-add': true,
  'deck-piece': true,
  'deck-use': true,
  'deck-remove': true,
  'trunk-put': true,
  'trunk-remove': true,
  'trunk-state': true,
  'lease-take': true,
  'lease-renew': true,
  'lease-release': true,
}

function isCommand(value: unknown): value is Command {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false
  return typeof value.type === 'string' && Object.hasOwn(TYPES, value.type)
}
