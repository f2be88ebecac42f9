/**
 * What stands in the database, byte by byte. Keys: group, kind, then a number or a name, so that a range is a kind.
 * Every value begins with the CRC-32 of its key and the rest of it; an entry also carries the CRC of the entry before
 * it, so that a log with a hole, or with entries of another history, does not chain.
 */
import { crc32 } from 'node:zlib'
import { GROUP } from '../group.ts'
import type { Entry, EntryType } from '../raft/types.ts'

const META = 1
const ENTRY = 2
const CHUNK = 3
const RECEIVED = 4
const ENTRY_HEAD = 17
const TYPES: readonly EntryType[] = ['normal', 'conf-change', 'conf-change-v2']

export function metaKey(name: string): Buffer {
  return Buffer.concat([Buffer.of(GROUP, META), Buffer.from(name)])
}

export function entryKey(index: number): Buffer {
  const key = Buffer.allocUnsafe(10)
  key[0] = GROUP
  key[1] = ENTRY
  writeIndex(key, index, 2)
  return key
}

/** A piece of the snapshot of our own at `index`. */
export function chunkKey(index: number, piece: number): Buffer {
  return pieceKey(CHUNK, index, piece)
}

/** A piece of a snapshot that came from another node, in the transfer with this number. */
export function receivedKey(transfer: number, piece: number): Buffer {
  return pieceKey(RECEIVED, transfer, piece)
}

function pieceKey(kind: number, number: number, piece: number): Buffer {
  const key = Buffer.allocUnsafe(14)
  key[0] = GROUP
  key[1] = kind
  writeIndex(key, number, 2)
  key.writeUInt32BE(piece, 10)
  return key
}

export function indexOfKey(key: Buffer): number {
  return key.readUInt32BE(2) * 2 ** 32 + key.readUInt32BE(6)
}

function writeIndex(key: Buffer, index: number, at: number): void {
  key.writeUInt32BE(Math.floor(index / 2 ** 32), at)
  key.writeUInt32BE(index >>> 0, at + 4)
}

export interface EntryRecord {
  readonly entry: Entry
  readonly crc: number
  /** CRC of the record before it in the log; 0 for the first ever, or the first after a snapshot came. */
  readonly before: number
}

export function encodeEntry(
  key: Buffer,
  entry: Entry,
  before: number,
): { readonly value: Buffer; readonly crc: number } {
  const value = Buffer.allocUnsafe(ENTRY_HEAD + entry.data.length)
  value.writeUInt32BE(before, 4)
  value.writeDoubleBE(entry.term, 8)
  value[16] = TYPES.indexOf(entry.type)
  value.set(entry.data, ENTRY_HEAD)
  const crc = sign(key, value)
  return { value, crc }
}

/** The entry, or null when the value is damaged. */
export function decodeEntry(key: Buffer, value: Buffer): EntryRecord | null {
  if (value.length < ENTRY_HEAD || !isSound(key, value)) return null
  const type = TYPES[value[16]!]
  if (!type) return null
  const entry = { index: indexOfKey(key), term: value.readDoubleBE(8), type, data: value.subarray(ENTRY_HEAD) }
  return { entry, crc: value.readUInt32BE(0), before: value.readUInt32BE(4) }
}

/** A value of any bytes, such as a piece of a snapshot. */
export function encodeBytes(key: Buffer, bytes: Uint8Array): Buffer {
  const value = Buffer.allocUnsafe(4 + bytes.length)
  value.set(bytes, 4)
  sign(key, value)
  return value
}

export function decodeBytes(key: Buffer, value: Buffer): Buffer | null {
  return value.length >= 4 && isSound(key, value) ? value.subarray(4) : null
}

function sign(key: Buffer, value: Buffer): number {
  const crc = crc32(value.subarray(4), crc32(key))
  value.writeUInt32BE(crc, 0)
  return crc
}

function isSound(key: Buffer, value: Buffer): boolean {
  return value.readUInt32BE(0) === crc32(value.subarray(4), crc32(key))
}

/** Ranges for iterating and clearing. */
export const ENTRIES = { gte: entryKey(0), lt: Buffer.of(GROUP, CHUNK) }
export const CHUNKS = { gte: chunkKey(0, 0), lt: Buffer.of(GROUP, CHUNK + 1) }
export const RECEIVEDS = { gte: receivedKey(0, 0), lt: Buffer.of(GROUP, RECEIVED + 1) }
