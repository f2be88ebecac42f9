/** The calls that a run of the writer makes on its directory, from strace, and which of them are to fail. */
import path from 'node:path'
import { kindOf } from '../faults/cases.ts'
import { type Op, script } from '../images/script.ts'

/** What a call can say on a disk that fails, is full, or in a process that has no file left; an error each. */
const ERRORS: Readonly<Record<string, readonly string[]>> = {
  openat: ['EMFILE', 'EIO', 'ENOSPC'],
  mkdir: ['ENOSPC', 'EIO'],
  rename: ['EIO', 'ENOSPC'],
  unlink: ['EIO'],
  rmdir: ['EIO'],
  ftruncate: ['EIO'],
  fallocate: ['ENOSPC'],
  read: ['EIO'],
  pread64: ['EIO'],
  getdents64: ['EIO'],
  statx: ['EIO'],
  mmap: ['ENOMEM'],
  write: ['ENOSPC', 'EIO'],
  pwrite64: ['EIO', 'ENOSPC'],
  close: ['EIO'],
  fsync: ['EIO', 'ENOSPC'],
  fdatasync: ['ENOSPC', 'EIO'],
}

const READS = ['openat', 'read', 'getdents64']

export const CALLS = Object.keys(ERRORS)

/** One call that fails once; the disk is sound before and after. */
export interface Case {
  /** Merges are LevelDB's own, in its thread. */
  readonly phase: string
  readonly call: string
  /** Of file, for the tally; `missing` when the call fails anyway, since there is none. */
  readonly kind: string
  /** Below the directory. */
  readonly file: string
  /** Of the calls of that name on that file in its thread. */
  readonly number: number
  readonly error: string
  /** We have read the file already, and this is LevelDB that reads it. */
  readonly isAgain: boolean
}

/** The first call of each name on each kind of file in each phase of the log's life; `text` is of `strace -f -y`. */
export function casesOf(text: string, dir: string): Case[] {
  const counted = new Map<string, number>()
  const found = new Map<string, Case>()
  /** How often, in this opening of the log. */
  const opened = new Map<string, number>()
  const ops = script()
  let phase = 'boot'
  let pool: string | null = null
  for (const line of text.split('\n')) {
    const [, thread = '', call = '', rest = ''] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? []
    const said = /^1<[^>]*>, "(\w+)(?: (\d+))?\\n"/.exec(rest)
    if (said?.[1] === 'begun') phase = phaseOf(ops, Number(said[2]))
    else if (said?.[1] === 'closed') {
      phase = 'open'
      opened.clear()
    }
    const errors = ERRORS[call]
    const files = [...rest.matchAll(/["<]([^">]*)[">]/g)].map(([, file]) => file!)
    const ours = [...new Set(files.filter((file) => file === dir || file.startsWith(`${dir}/`)))]
    if (!errors || ours.length === 0) continue
    pool ??= thread
    // As strace counts them: a rename is of both its names.
    const numbers = ours.map((file) => {
      const number = (counted.get(`${thread} ${call} ${file}`) ?? 0) + 1
      counted.set(`${thread} ${call} ${file}`, number)
      return number
    })
    const file = path.relative(dir, ours[0]!)
    const kind =
      (kindOf(file) || 'directory').replace(/^\d+\.dbtmp$/, 'new CURRENT') +
      (line.includes('ENOENT') ? ', missing' : '')
    const during = thread === pool ? phase : 'merge'
    if (call === 'openat') opened.set(file, (opened.get(file) ?? 0) + 1)
    const isAgain = during === 'open' && READS.includes(call) && opened.get(file) === 2
    const key = `${during}: ${call} of ${kind}${isAgain ? ', again' : ''}`
    if (found.has(key)) continue
    const before = [...found.values()].filter((other) => other.call === call).length
    const error = errors[before % errors.length]!
    found.set(key, { phase: during, call, kind, file, isAgain, number: numbers[0]!, error })
  }
  return [...found.values()]
}

/** What follows a snapshot does not wait for it: up to three operations are under way at once. */
function phaseOf(ops: readonly Op[], at: number): string {
  const kinds = ops.slice(Math.max(0, at - 2), at + 1).map(({ kind }) => kind)
  const own = kinds.at(-1)!
  if (own === 'reopen') return 'close'
  return own === 'append' ? (kinds.findLast((kind) => kind === 'snapshot' || kind === 'install') ?? own) : own
}
