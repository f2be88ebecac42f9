/**
 * What the halves say, as it passes a MessagePort. What is said for every registration (proposals, entries) goes as one block of
 * bytes that changes hands; the rest is rare, or small, and is copied as it is.
 */
import type { ToConsensus, ToTables } from './halves.ts'
import { packEntries, unpackEntries } from './wire.ts'

/** Blocks that change hands are listed, so that they are not copied. */
export interface Parcel {
  readonly said: readonly object[]
  readonly blocks: ArrayBuffer[]
}

type Packed<T> =
  | T
  | { readonly kind: 'packed-apply'; readonly before: number; readonly block: ArrayBuffer }
  | { readonly kind: 'packed-propose'; readonly block: ArrayBuffer }

export function parcelForTables(batch: readonly ToTables[]): Parcel {
  const blocks: ArrayBuffer[] = []
  const said = batch.map((one): Packed<ToTables> => {
    if (one.kind === 'load-piece' && one.bytes) blocks.push(...ownBlock(one.bytes))
    if (one.kind !== 'apply') return one
    const block = packEntries(one.entries, alone).buffer
    blocks.push(block)
    return { kind: 'packed-apply', before: one.entries[0]!.index - 1, block }
  })
  return { said, blocks }
}

export function parcelForConsensus(batch: readonly ToConsensus[]): Parcel {
  const blocks: ArrayBuffer[] = []
  const said = batch.map((one): Packed<ToConsensus> => {
    if (one.kind === 'piece' && one.bytes) blocks.push(...ownBlock(one.bytes))
    if (one.kind !== 'propose') return one
    const block = pack(one.proposals)
    blocks.push(block)
    return { kind: 'packed-propose', block }
  })
  return { said, blocks }
}

export function openForTables(said: readonly object[]): readonly ToTables[] {
  return (said as readonly Packed<ToTables>[]).map((one) => {
    if (one.kind === 'packed-propose') throw new Error('proposals are not for the tables')
    if (one.kind !== 'packed-apply') return one
    const entries = unpackEntries(Buffer.from(one.block), one.before)
    if (!entries) throw new Error(`the entries after ${one.before} do not add up`)
    return { kind: 'apply', entries }
  })
}

export function openForConsensus(said: readonly object[]): readonly ToConsensus[] {
  return (said as readonly Packed<ToConsensus>[]).map((one) => {
    if (one.kind === 'packed-apply') throw new Error('entries are not for the consensus half')
    return one.kind === 'packed-propose' ? { kind: 'propose', proposals: unpack(one.block) } : one
  })
}

/** Not from the pool that small buffers share: what changes hands must be all of its block. */
function alone(size: number): Buffer<ArrayBuffer> {
  return Buffer.from(new ArrayBuffer(size))
}

function pack(all: readonly Uint8Array[]): ArrayBuffer {
  const bytes = alone(all.reduce((sum, { length }) => sum + 4 + length, 0))
  let at = 0
  for (const one of all) {
    bytes.writeUInt32BE(one.length, at)
    bytes.set(one, at + 4)
    at += 4 + one.length
  }
  return bytes.buffer
}

function unpack(block: ArrayBuffer): Uint8Array[] {
  const bytes = Buffer.from(block)
  const all: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at)
    all.push(bytes.subarray(at + 4, end))
    at = end
  }
  return all
}

/** Above this it is worth asking whether the bytes can change hands. */
const LARGE = 32 * 1024

/** The block of large bytes that fill it: then nobody else has a part of it. */
function ownBlock({ buffer, byteLength }: Uint8Array): ArrayBuffer[] {
  const whole = byteLength >= LARGE && byteLength === buffer.byteLength
  return whole ? [buffer as ArrayBuffer] : []
}
