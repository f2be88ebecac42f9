/** What a process did with the files of a directory, from the trace that strace wrote of it (-f -xx). */

export interface Write {
  readonly offset: number
  readonly data: Buffer
  /** Lines of the trace where it began and where it had returned. */
  readonly from: number
  readonly to: number
  /** On the disk when it returned: the file was opened with O_DSYNC. */
  readonly isSynced: boolean
}

export interface Inode {
  readonly writes: Write[]
}

/** A change of names, in the order in which the file system journals them. */
export interface Naming {
  readonly from: number
  readonly to: number
  readonly kind: 'create' | 'mkdir' | 'rename' | 'unlink'
  readonly path: string
  /** Of a rename: the new name. */
  readonly target: string
  readonly inode: Inode | null
}

export interface Sync {
  readonly from: number
  readonly to: number
  /** A file, or the path of a directory. */
  readonly of: Inode | string
}

export interface Trace {
  readonly lines: number
  readonly namings: readonly Naming[]
  readonly syncs: readonly Sync[]
  readonly inodes: readonly Inode[]
  /** What the process said on stdout. */
  readonly said: readonly { readonly at: number; readonly text: string }[]
}

interface Call {
  readonly name: string
  readonly args: string
  readonly result: string
  readonly from: number
  readonly to: number
}

/** The calls that strace must show for parseTrace to know all that was done. */
export const CALLS =
  'openat,open,creat,mkdir,mkdirat,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,sync_file_range,rename,renameat,' +
  'renameat2,unlink,unlinkat,truncate,ftruncate,fallocate,close,dup,dup2,dup3,link,linkat,rmdir'

/**
 * Reads a trace; `dir` is the directory that counts, `before` what was in it (bytes of files, null for folders, parents
 * first). Throws at a call that it does not know the meaning of.
 */
export function parseTrace(text: string, dir: string, before: ReadonlyMap<string, Buffer | null> = new Map()): Trace {
  const calls = callsOf(text)
  const names = new Map<string, Inode>()
  const open = new Map<number, { inode: Inode | string; offset: number; isSynced: boolean }>()
  const trace = {
    lines: text.split('\n').length,
    namings: [] as Naming[],
    syncs: [] as Sync[],
    inodes: [] as Inode[],
    said: [] as { at: number; text: string }[],
  }
  for (const [path, data] of before) {
    const inode = data && { writes: [{ offset: 0, data, from: -1, to: -1, isSynced: true }] }
    if (inode) names.set(path, inode)
    trace.namings.push({ from: -1, to: -1, kind: inode ? 'create' : 'mkdir', path, target: '', inode })
  }
  for (const { name, args, result, from, to } of calls) {
    if (result.startsWith('-1')) continue
    const paths = strings(args).map(String)
    const fd = Number.parseInt(args, 10)
    const named = (kind: Naming['kind'], path: string, target: string, inode: Inode | null) =>
      trace.namings.push({ from, to, kind, path, target, inode })
    if (name === 'write' && fd === 1) trace.said.push({ at: from, text: String(strings(args)[0]) })
    else if (name === 'close') open.delete(fd)
    else if (name === 'openat' || name === 'open') {
      const path = paths[0] ?? ''
      if (path !== dir && !path.startsWith(`${dir}/`)) continue
      let inode: Inode | string | undefined = names.get(path)
      if (!inode && args.includes('O_CREAT')) {
        inode = { writes: [] }
        names.set(path, inode)
        trace.inodes.push(inode)
        named('create', path, '', inode)
      } else if (inode && args.includes('O_TRUNC') && inode.writes.length > 0) {
        throw new Error(`${path} is cut and written again`)
      }
      open.set(Number.parseInt(result, 10), { inode: inode ?? path, offset: 0, isSynced: args.includes('O_DSYNC') })
    } else if (name === 'mkdir') {
      if (paths[0] === dir || paths[0]?.startsWith(`${dir}/`)) named('mkdir', paths[0], '', null)
    } else if (name === 'rename') {
      const [path, target] = paths as [string, string]
      if (!target.startsWith(`${dir}/`)) continue
      // Of a directory, with all that is in it.
      for (const [name, inode] of [...names]) {
        if (name !== path && !name.startsWith(`${path}/`)) continue
        names.delete(name)
        names.set(target + name.slice(path.length), inode)
      }
      named('rename', path, target, names.get(target) ?? null)
    } else if (name === 'unlink') {
      const inode = names.get(paths[0] ?? '')
      if (!inode) continue
      names.delete(paths[0]!)
      named('unlink', paths[0]!, '', inode)
    } else {
      const file = open.get(fd)
      if (!file) continue
      if (name === 'fsync' || name === 'fdatasync') trace.syncs.push({ from, to, of: file.inode })
      else if ((name === 'write' || name === 'pwrite64') && typeof file.inode !== 'string') {
        const length = Number.parseInt(result, 10)
        const data = strings(args)[0]!.subarray(0, length)
        if (data.length !== length) throw new Error(`the data of line ${from} was cut by strace`)
        const offset = name === 'write' ? file.offset : Number(args.slice(args.lastIndexOf(',') + 1))
        if (name === 'write') file.offset += length
        file.inode.writes.push({ offset, data, from, to, isSynced: file.isSynced })
      } else throw new Error(`line ${from}: what ${name} does to a file is not known here`)
    }
  }
  return trace
}

/** Whole calls in the order in which they returned; what was still under way at the end counts as returned there. */
function callsOf(text: string): Call[] {
  const calls: Call[] = []
  const begun = new Map<string, { name: string; args: string; from: number }>()
  for (const [line, said] of text.split('\n').entries()) {
    const whole = /^(\d+) +(\w+)\((.*)\) += (.*)$/.exec(said)
    const first = /^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$/.exec(said)
    const rest = /^(\d+) +<\.\.\. \w+ resumed>(.*)\) += (.*)$/.exec(said)
    if (whole) calls.push({ name: whole[2]!, args: whole[3]!, result: whole[4]!, from: line, to: line })
    else if (first) begun.set(first[1]!, { name: first[2]!, args: first[3]!, from: line })
    else if (rest) {
      const begin = begun.get(rest[1]!)
      if (begin) calls.push({ ...begin, args: begin.args + rest[2]!, result: rest[3]!, to: line })
      begun.delete(rest[1]!)
    }
  }
  return calls
}

/** The quoted strings of an argument list, as bytes. */
function strings(args: string): Buffer[] {
  return [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex]) => Buffer.from(hex!.replaceAll('\\x', ''), 'hex'))
}
