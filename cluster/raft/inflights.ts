/** The appends that are on their way to one follower, bounded in number and in bytes (thesis §10.2.1). */

export interface Inflights {
  readonly maxMessages: number
  /** 0: no limit. */
  readonly maxBytes: number
  bytes: number
  /** Oldest first; each with the last index that it carries. */
  sent: { readonly index: number; readonly bytes: number }[]
}

export function newInflights(maxMessages: number, maxBytes: number): Inflights {
  return { maxMessages, maxBytes, bytes: 0, sent: [] }
}

export function inflightsFull(inflights: Inflights): boolean {
  if (inflights.sent.length >= inflights.maxMessages) return true
  return inflights.maxBytes > 0 && inflights.bytes >= inflights.maxBytes
}

export function addInflight(inflights: Inflights, index: number, bytes: number): void {
  if (inflightsFull(inflights)) throw new Error(`an append up to ${index} was sent through a full window`)
  inflights.sent.push({ index, bytes })
  inflights.bytes += bytes
}

/** Forgets every append whose entries are all at or below index: they have arrived. */
export function freeInflights(inflights: Inflights, index: number): void {
  let arrived = 0
  for (const message of inflights.sent) {
    if (message.index > index) break
    inflights.bytes -= message.bytes
    arrived++
  }
  if (arrived > 0) inflights.sent.splice(0, arrived)
}

export function resetInflights(inflights: Inflights): void {
  inflights.sent = []
  inflights.bytes = 0
}
