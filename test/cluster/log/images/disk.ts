/**
 * What a disk may hold after the power failed at some line of a trace. What was synced is there. Of what was not: each write
 * in whole, in some of its sectors, or not at all, whatever became of writes before it; the changes of names up to some
 * point, in order, as every journaling file system has them, and at least up to those that a sync of their file or directory
 * came after.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Inode, Naming, Trace, Write } from './trace.ts'

export type Luck =
  /** Nothing but what was synced. */
  | 'least'
  /** All that was written. */
  | 'most'
  | 'mixed'

const SECTORS = [512, 4096]

/** Name (without the directory) → bytes; null for a directory. */
export type Image = ReadonlyMap<string, Buffer | null>

export function imageAt(trace: Trace, dir: string, line: number, luck: Luck, random: () => number): Image {
  const synced = trace.syncs.filter((sync) => sync.to <= line)
  const issued = trace.namings.filter((naming) => naming.from <= line)
  const sure = Math.max(
    0,
    issued.filter((naming) => naming.to < 0).length,
    ...synced.map((sync) => issued.findLastIndex((naming) => naming.to <= sync.from && concerns(naming, sync.of)) + 1),
  )
  const count =
    luck === 'least' ? sure : luck === 'most' ? issued.length : sure + Math.floor(random() * (issued.length - sure + 1))
  const names = new Map<string, Inode | null>()
  for (const naming of issued.slice(0, count)) rename(names, naming)
  const image = new Map<string, Buffer | null>()
  for (const [name, inode] of names) {
    if (name === dir) continue
    const isSure = (write: Write) =>
      (write.isSynced && write.to <= line) || synced.some((sync) => sync.of === inode && write.to <= sync.from)
    const writes = inode?.writes.filter((write) => write.from <= line) ?? []
    image.set(path.relative(dir, name), inode && contents(writes, isSure, luck, random))
  }
  return image
}

export async function writeImage(dir: string, image: Image): Promise<void> {
  await mkdir(dir)
  for (const [name, bytes] of image) if (bytes === null) await mkdir(path.join(dir, name))
  for (const [name, bytes] of image) if (bytes) await writeFile(path.join(dir, name), bytes)
}

function concerns({ inode, path: name, target }: Naming, synced: Inode | string): boolean {
  if (typeof synced !== 'string') return inode === synced
  return path.dirname(name) === synced || path.dirname(target) === synced
}

function rename(names: Map<string, Inode | null>, { kind, path: name, target, inode }: Naming): void {
  if (kind === 'create' || kind === 'mkdir') names.set(name, inode)
  else if (kind === 'unlink') names.delete(name)
  else {
    for (const [old, moved] of [...names]) {
      if (old !== name && !old.startsWith(`${name}/`)) continue
      names.delete(old)
      names.set(target + old.slice(name.length), moved)
    }
  }
}

function contents(
  writes: readonly Write[],
  isSure: (write: Write) => boolean,
  luck: Luck,
  random: () => number,
): Buffer {
  let bytes = Buffer.alloc(0)
  for (const write of writes) {
    const end = write.offset + write.data.length
    const fate = isSure(write) || luck === 'most' ? 1 : luck === 'least' ? 0 : random()
    if (fate < 1 / 3) continue
    if (end > bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(end - bytes.length)])
    if (fate > 2 / 3) {
      write.data.copy(bytes, write.offset)
      continue
    }
    const sector = SECTORS[Math.floor(random() * SECTORS.length)]!
    for (let at = write.offset; at < end; ) {
      const next = Math.min(end, (Math.floor(at / sector) + 1) * sector)
      if (random() < 0.5) write.data.copy(bytes, at, at - write.offset, next - write.offset)
      at = next
    }
  }
  return bytes
}
