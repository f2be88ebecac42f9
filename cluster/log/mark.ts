/**
 * The file `repair`: while it is there the directory is under repair, see repair.ts. That it is there is what counts; what it
 * says is for people, and may be damaged too.
 */
import path from 'node:path'
import type { Disk, Files } from './disk.ts'

export interface Mark {
  /** What was damaged. */
  readonly what: string
  /** What this repair set aside first: the directory that votes and entries were promised with. Null: it cannot be read. */
  readonly first: string | null
}

/** What was damaged when the directory is under repair, else null. */
export async function readRepair({ files }: Disk, dir: string): Promise<string | null> {
  const text = files ? await files.read(path.join(dir, MARK)) : null
  return text === null ? null : parse(text).what
}

/** From now on the directory is under repair; one that already is stays as it was marked. */
export async function markRepair(files: Files, dir: string, what: string): Promise<Mark> {
  const text = await files.read(path.join(dir, MARK))
  if (text !== null) return parse(text)
  const last = Math.max(0, ...(await files.list(dir)).map(numberOf))
  const made = { what, first: asideName(last + 1) }
  await files.write(path.join(dir, MARK), JSON.stringify(made))
  return made
}

export async function endRepair({ files }: Disk, dir: string): Promise<void> {
  await files?.remove(path.join(dir, MARK))
}

/** Where something is set aside. */
export function asideName(number: number): string {
  return `damaged-${number}`
}

/** 0: not one that was set aside. */
export function numberOf(name: string): number {
  return Number(/^damaged-(\d+)$/.exec(name)?.[1] ?? 0)
}

const MARK = 'repair'

function parse(text: string): Mark {
  try {
    const { what, first } = JSON.parse(text) as Record<string, unknown>
    return { what: String(what), first: String(first) }
  } catch {
    return { what: 'the directory was damaged', first: null }
  }
}
