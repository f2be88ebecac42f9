/**
 * Files, one a day: `NAME-2026-11-28.jsonl`, or `.csv`. Lines are appended in order and on the disk before they count. What the last line
 * says is read before anything is written, so nothing stands there twice, wherever the process was stopped; a line that was cut is cut off.
 */
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'csv-parse/sync'
import type { CdrRow } from '../../cluster/tables/cdr-rows.ts'
import { chosen, pick } from '../../proto/cdr.ts'
import { csv } from '../../proto/csv.ts'
import { toldOf } from './fields.ts'
import { type Delivered, down, type Sink } from './sink.ts'

export interface FileSink {
  readonly name: string
  readonly kind: 'jsonl' | 'csv'
  /** The directory; made if it is not there. */
  readonly target: string
  readonly lineage: string
  readonly fields?: readonly string[]
}

/** No record is longer by far. */
const TAIL_BYTES = 1024 * 1024

interface Tail {
  readonly day: string
  readonly handle: FileHandle
}

export function fileSink({ name, kind, target, lineage, fields }: FileSink): Sink {
  const names = chosen(fields)
  const suffix = lineage === '' ? `.${kind}` : `.${lineage}.${kind}`
  const fileOf = (day: string): string => path.join(target, `${name}-${day}${suffix}`)
  /** Number of the last record that stands in a file; null: it has not been looked at yet. */
  let last: number | null = null
  let tail: Tail | null = null

  /** Finds the last record, and cuts off what is no whole line behind it. */
  async function look(): Promise<number> {
    await mkdir(target, { recursive: true, mode: 0o750 })
    const all = await readdir(target)
    const days = all.filter((file) => file.startsWith(`${name}-`) && file.endsWith(suffix)).map(dayIn)
    for (const day of days
      .filter((one) => /^\d{4}-\d\d-\d\d$/.test(one))
      .sort()
      .reverse()) {
      const seq = await lastIn(fileOf(day), kind)
      if (seq !== null) return seq
    }
    return 0
  }

  function dayIn(file: string): string {
    return file.slice(name.length + 1, -suffix.length)
  }

  async function handleOf(day: string): Promise<FileHandle> {
    if (tail?.day === day) return tail.handle
    await tail?.handle.close()
    tail = null
    const handle = await open(fileOf(day), 'a', 0o640)
    tail = { day, handle }
    if ((await handle.stat()).size === 0) {
      if (kind === 'csv') await handle.appendFile(csv([names]))
      await sync(target)
    }
    return handle
  }

  async function write(rows: readonly CdrRow[]): Promise<void> {
    last ??= await look()
    const fresh = rows.filter(({ seq }) => seq > last!)
    for (const [day, lines] of byDay(fresh)) {
      const handle = await handleOf(day)
      const told = lines.map((row) => pick(toldOf(row, lineage), names))
      const text =
        kind === 'csv' ? csv(told.map(Object.values)) : told.map((one) => `${JSON.stringify(one)}\n`).join('')
      await handle.appendFile(text)
      await handle.datasync()
    }
    last = fresh.at(-1)?.seq ?? last
  }

  async function close(): Promise<void> {
    const { handle } = tail ?? {}
    tail = null
    last = null
    await handle?.close()
  }

  return {
    async deliver(rows): Promise<Delivered> {
      try {
        await write(rows)
        return { kind: 'taken', refused: [] }
      } catch (error) {
        // Some of it may stand there, the last of it cut: it is looked at again.
        await close().catch(() => {})
        return down(error)
      }
    },
    close,
  }
}

/** When a record was made never goes back, so nothing is ever written to the file of an earlier day. */
function byDay(rows: readonly CdrRow[]): Map<string, CdrRow[]> {
  const days = new Map<string, CdrRow[]>()
  for (const row of rows) {
    const day = new Date(row.recordedAt).toISOString().slice(0, 10)
    const lines = days.get(day)
    if (lines) lines.push(row)
    else days.set(day, [row])
  }
  return days
}

async function lastIn(file: string, kind: 'jsonl' | 'csv'): Promise<number | null> {
  const handle = await open(file, 'r+')
  try {
    const { size } = await handle.stat()
    const from = Math.max(0, size - TAIL_BYTES)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from)
    const end = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1
    if (end < bytesRead) {
      await handle.truncate(from + end)
      await handle.sync()
    }
    if (end === 0) return null
    const start = buffer.subarray(0, end - 1).lastIndexOf(10) + 1
    return seqIn(buffer.toString('utf8', start, end - 1), kind)
  } finally {
    await handle.close()
  }
}

function seqIn(line: string, kind: 'jsonl' | 'csv'): number | null {
  try {
    const seq =
      kind === 'csv'
        ? Number((parse(line, { relax_quotes: true }) as string[][])[0]?.[0])
        : (JSON.parse(line) as { seq?: unknown }).seq
    return typeof seq === 'number' && Number.isSafeInteger(seq) ? seq : null
  } catch {
    return null
  }
}

/** A new name in a directory is on the disk. */
async function sync(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  await handle.sync().finally(() => handle.close())
}
