/** What is on the disk when, as the system calls of a real run say it: a copy of the files cannot tell written from synced. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import ava from 'ava'
import { needing } from '../../peers.ts'

const test = needing(ava, 'strace')
const STEPS = path.join(import.meta.dirname, 'steps.ts')

type Event =
  | { readonly kind: 'opened'; readonly file: string; readonly flags: string }
  | { readonly kind: 'written' | 'synced'; readonly file: string }
  /** Last index that the frontier says from now on, and the one that it says without the write that stands in it. */
  | { readonly kind: 'frontier'; readonly last: number; readonly sure: number }
  /** Last index of the log after the step that was acknowledged. */
  | { readonly kind: 'acknowledged'; readonly last: number }

let traced: Promise<Event[]> | undefined

/** The run of steps.ts, once for all tests of this file. */
function events(): Promise<Event[]> {
  traced ??= trace()
  return traced
}

async function trace(): Promise<Event[]> {
  const dir = await mkdtemp(path.join(tmpdir(), 'raftel-sync-'))
  try {
    const out = path.join(dir, 'trace')
    // Each call with the path of its file, all strings in hex.
    const calls = ['-f', '-y', '-xx', '-s', '128', '-e', 'trace=openat,write,pwrite64,fdatasync,fsync', '-o', out]
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', STEPS, path.join(dir, 'data')]
    execFileSync('strace', [...calls, ...node], { stdio: ['ignore', 'pipe', 'inherit'] })
    return parse(await readFile(out, 'latin1'))
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** A sync or a write of the frontier counts when it has returned, all else when it begins. */
function parse(text: string): Event[] {
  const found: Event[] = []
  const waiting = new Map<string, Event>()
  for (const line of text.split('\n')) {
    const [, pid, rest] = /^(\d+) +(.*)$/.exec(line) ?? []
    if (pid === undefined || rest === undefined) continue
    if (rest.startsWith('<... ')) {
      const ended = waiting.get(pid)
      waiting.delete(pid)
      if (ended) found.push(ended)
      continue
    }
    const event = eventOf(rest)
    if (!event) continue
    const counts = event.kind === 'synced' || event.kind === 'frontier' ? 'when it returns' : 'at once'
    if (counts === 'when it returns' && rest.endsWith('<unfinished ...>')) waiting.set(pid, event)
    else found.push(event)
  }
  return found
}

function eventOf(call: string): Event | null {
  const [, name = '', first = ''] = /^(\w+)\(([^,)]*)/.exec(call) ?? []
  const bytes = bytesOf(/"([^"]*)"/.exec(call)?.[1] ?? '')
  if (name === 'openat') {
    const flags = /"[^"]*", ([A-Z_|]+)/.exec(call)?.[1] ?? ''
    return { kind: 'opened', file: path.basename(bytes.toString()), flags }
  }
  const file = path.basename(bytesOf(/<([^>]*)>/.exec(first)?.[1] ?? '').toString())
  if (name === 'pwrite64' && file === 'frontier') {
    const last = bytes.readDoubleBE(20)
    return { kind: 'frontier', last, sure: bytes.readUInt32BE(52) > 0 ? bytes.readDoubleBE(60) : last }
  }
  if (name === 'fdatasync' || name === 'fsync') return { kind: 'synced', file }
  if (name !== 'write') return null
  const said = /^acknowledged (\d+)/.exec(bytes.toString())
  return said ? { kind: 'acknowledged', last: Number(said[1]) } : { kind: 'written', file }
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll('\\x', ''), 'hex')
}

const isWal = (file: string) => /^\d+\.log$/.test(file)

test('what is acknowledged was synced before: the system calls of a real run say so', async (t) => {
  const acknowledged: string[] = []
  const unsynced = new Set<string>()
  for (const event of await events()) {
    if (event.kind === 'written' && isWal(event.file)) unsynced.add(event.file)
    if (event.kind === 'synced') unsynced.delete(event.file)
    if (event.kind === 'acknowledged')
      acknowledged.push(`${event.last} ${unsynced.size === 0 ? 'synced' : 'not synced'}`)
  }
  // Behind a snapshot that is in place the rest is cleared without a sync: what is not cleared yet does no harm.
  t.deepEqual(acknowledged.slice(0, -1), ['9 synced', '4 synced', '4 synced', '12 synced'])
})

test('what is acknowledged stands in the frontier before', async (t) => {
  let frontier = 0
  const acknowledged: [number, number][] = []
  for (const event of await events()) {
    if (event.kind === 'frontier') frontier = event.last
    if (event.kind === 'acknowledged') acknowledged.push([event.last, frontier])
  }
  t.deepEqual(
    acknowledged,
    [9, 4, 4, 12, 7].map((last) => [last, last]),
  )
})

test('at no moment does the frontier claim more than the database holds, but for a write that stands in it', async (t) => {
  let [frontier, sure] = [0, 0]
  let atLastSync = 0
  const claims: [number, number][] = []
  for (const event of await events()) {
    if (event.kind === 'frontier') [frontier, sure] = [event.last, event.sure]
    if (event.kind === 'synced' && isWal(event.file)) atLastSync = sure
    if (event.kind === 'acknowledged') claims.push([event.last, atLastSync])
  }
  t.is(claims.length, 5)
  for (const [last, claimed] of claims) t.true(claimed <= last, `${claimed} when the log became ${last}`)
  t.is(frontier, 7, 'and when all is done it claims what there is')
})

test('the frontier is opened so that a write returns when it is on the disk', async (t) => {
  const opened = (await events()).filter((event) => event.kind === 'opened' && event.file === 'frontier')
  t.true(opened.length > 0)
  for (const event of opened) t.regex(event.kind === 'opened' ? event.flags : '', /O_RDWR.*O_DSYNC/)
})
