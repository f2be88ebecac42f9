/**
 * A saved snapshot: one file, lines of text. First a head that says what it is, then the lines of tables/snapshot.ts, last a line
 * with the number of all lines before it and their SHA-256. A file without that last line is one that was cut short.
 */
import { createHash } from 'node:crypto'
import { type State, stateCounts } from './tables/state.ts'

const VERSION = 1

export interface SavedHead {
  readonly raftel: 'snapshot'
  readonly version: typeof VERSION
  /** Name of the cluster key that secrets in it are sealed with, see keyId in seal.ts. */
  readonly cluster: string
  /** Which founding of that cluster, see restore.ts; empty: the first. */
  readonly lineage: string
  /** Applied index and its term. */
  readonly index: number
  readonly term: number
  /** Wall clock of the node that saved it, Unix ms. */
  readonly time: number
  readonly node: string
  /** Of the program. */
  readonly program: string
  /** Whether a majority confirmed that nothing committed before is missing. */
  readonly current: boolean
  /** Rows a table. */
  readonly rows: Readonly<Record<string, number>>
}

export interface Saving {
  readonly head: SavedHead
  /** The whole file. */
  readonly bytes: AsyncIterable<Buffer>
}

interface Foot {
  readonly lines: number
  readonly sha256: string
}

/** Lines above this are no row of ours: a routing plan is the longest. */
const LINE_MAX = 8 * 1024 * 1024

export function savedHead(state: State, rest: Omit<SavedHead, 'raftel' | 'version' | 'rows'>): SavedHead {
  return { raftel: 'snapshot', version: VERSION, ...rest, rows: stateCounts(state) }
}

/** The bytes of a file, in pieces of some size; `turn` is awaited after each. */
export async function* savedBytes(
  head: SavedHead,
  lines: Iterable<string>,
  turn: () => Promise<void>,
): AsyncGenerator<Buffer> {
  const sum = createHash('sha256')
  let held: string[] = [JSON.stringify(head)]
  let size = 0
  let count = 1
  const piece = (): Buffer => {
    const bytes = Buffer.from(held.join('\n') + '\n')
    sum.update(bytes)
    held = []
    size = 0
    return bytes
  }
  for (const line of lines) {
    held.push(line)
    size += line.length + 1
    count++
    if (size < PIECE) continue
    yield piece()
    await turn()
  }
  if (held.length > 0) yield piece()
  const foot: Foot = { lines: count, sha256: sum.digest('hex') }
  yield Buffer.from(JSON.stringify(foot) + '\n')
}

const PIECE = 256 * 1024

export interface Saved {
  readonly head: SavedHead
  /** Of the tables, see loadSnapshot. */
  readonly lines: readonly string[]
  readonly bytes: number
  readonly sha256: string
}

/** Reads a file and checks all of it. Throws one sentence when it is not whole, or not one of ours. */
export async function readSaved(name: string, bytes: AsyncIterable<Buffer>, keep = true): Promise<Saved> {
  const sum = createHash('sha256')
  const lines: string[] = []
  let head: SavedHead | null = null
  let count = 0
  let size = 0
  // One line is held back: the last one is the foot.
  let last: Buffer | null = null
  for await (const line of linesOf(name, bytes)) {
    if (last) {
      sum.update(last).update('\n')
      size += last.length + 1
      count++
      if (!head) head = headOf(name, last)
      else if (keep) lines.push(last.toString())
    }
    last = line
  }
  if (!head || !last) throw new Error(`${name} is no snapshot that raftel cluster snapshot save has written`)
  const foot = footOf(last)
  const sha256 = sum.digest('hex')
  if (!foot) throw new Error(`${name} is cut short: its last line is missing; save it again, or take another copy`)
  if (foot.lines !== count || foot.sha256 !== sha256) {
    throw new Error(`${name} is damaged: its checksum is not that of its content; take another copy`)
  }
  return { head, lines, bytes: size + last.length + 1, sha256 }
}

/** Each without its line end; what follows the last line end is not a line. */
async function* linesOf(name: string, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = []
  let held = 0
  for await (const chunk of bytes) {
    let from = 0
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      yield Buffer.concat([...rest, chunk.subarray(from, at)])
      rest = []
      held = 0
      from = at + 1
    }
    rest.push(chunk.subarray(from))
    held += chunk.length - from
    if (held > LINE_MAX) throw new Error(`${name} is no snapshot: a line of it does not end`)
  }
  if (held > 0) throw new Error(`${name} is cut short: it does not end with a whole line; take another copy`)
}

function headOf(name: string, line: Buffer): SavedHead {
  const head = parse(line)
  if (head?.raftel !== 'snapshot') {
    throw new Error(`${name} is no snapshot that raftel cluster snapshot save has written`)
  }
  if (head.version !== VERSION) {
    throw new Error(`${name} has format ${String(head.version)}, this program reads format ${VERSION}`)
  }
  const isCount = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) > 0
  const isText = (s: unknown): boolean => typeof s === 'string'
  const { cluster, lineage, index, term, time, node, program, current, rows } = head
  const sound = [cluster, lineage, node, program].every(isText) && [index, term, time].every(isCount)
  if (!sound || typeof current !== 'boolean' || typeof rows !== 'object') {
    throw new Error(`the first line of ${name} makes no sense; take another copy`)
  }
  return head as unknown as SavedHead
}

function footOf(line: Buffer): Foot | null {
  const foot = parse(line)
  return typeof foot?.sha256 === 'string' && typeof foot.lines === 'number' ? (foot as unknown as Foot) : null
}

function parse(line: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line.toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
