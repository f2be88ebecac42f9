/** What can become of one file of a directory, as data. */
import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'

export type Fault =
  | { readonly kind: 'flip'; readonly file: string; readonly byte: number; readonly bit: number }
  | { readonly kind: 'cut'; readonly file: string; readonly length: number }
  /** A sector that reads as zeros. */
  | { readonly kind: 'zero'; readonly file: string; readonly from: number; readonly length: number }
  | { readonly kind: 'delete'; readonly file: string }
  /** `file` may be a directory; `from` holds an older copy. */
  | { readonly kind: 'older'; readonly file: string; readonly from: string }

const SECTOR = 512
const SMALL = 1024

/** Names of the files in a directory, with folders. */
export async function filesOf(dir: string): Promise<string[]> {
  const names = await readdir(dir, { recursive: true })
  const found: string[] = []
  for (const name of names) if ((await stat(path.join(dir, name))).isFile()) found.push(name)
  return found.sort()
}

/** Every fault of every file; of each byte of a file that is not small only one bit, drawn by `random`, unless every bit is wanted. */
export async function allFaults(
  dir: string,
  older: readonly string[],
  random: () => number,
  isEveryBit = false,
): Promise<Fault[]> {
  const faults: Fault[] = []
  for (const file of await filesOf(dir)) {
    const bytes = await readFile(path.join(dir, file))
    for (let byte = 0; byte < bytes.length; byte++) {
      const isWhole = isEveryBit || bytes.length <= SMALL || isSlot(file, byte)
      const bits = isWhole ? [0, 1, 2, 3, 4, 5, 6, 7] : [Math.floor(random() * 8)]
      for (const bit of bits) faults.push({ kind: 'flip', file, byte, bit })
    }
    for (const length of lengthsOf(bytes.length)) faults.push({ kind: 'cut', file, length })
    for (let from = 0; from < bytes.length; from += SECTOR) faults.push({ kind: 'zero', file, from, length: SECTOR })
    faults.push({ kind: 'delete', file })
    for (const from of older) {
      const before = await readFile(path.join(from, file)).catch(() => null)
      if (before && !before.equals(bytes)) faults.push({ kind: 'older', file, from })
    }
  }
  // The database as a whole under a frontier that stayed.
  faults.push({ kind: 'delete', file: 'log' })
  for (const from of older) faults.push({ kind: 'older', file: 'log', from })
  return faults
}

export async function inflict(dir: string, fault: Fault): Promise<void> {
  const file = path.join(dir, fault.file)
  if (fault.kind === 'delete') await rm(file, { recursive: true })
  else if (fault.kind === 'cut') await truncate(file, fault.length)
  else if (fault.kind === 'older') {
    await rm(file, { recursive: true })
    await cp(path.join(fault.from, fault.file), file, { recursive: true })
  } else {
    const bytes = await readFile(file)
    if (fault.kind === 'flip') bytes[fault.byte]! ^= 1 << fault.bit
    else bytes.fill(0, fault.from, Math.min(bytes.length, fault.from + fault.length))
    await writeFile(file, bytes)
  }
}

/** The kind of file, for a tally. */
export function kindOf(file: string): string {
  return path
    .basename(file)
    .replace(/^\d+\.ldb$/, 'table')
    .replace(/^\d+\.log$/, 'write-ahead log')
    .replace(/-\d+$/, '')
    .replace(/\.old$/, '')
}

/** The part of the frontier's slots that says something, and the end of their padding. */
function isSlot(file: string, byte: number): boolean {
  return file === 'frontier' && (byte % 4096 < 64 || byte % 4096 >= 4080)
}

/** Every length near the ends, and one in each stretch of 61 bytes between. */
function lengthsOf(size: number): number[] {
  const lengths = new Set<number>()
  for (let length = 0; length < size; length += 61) lengths.add(length)
  for (let i = 0; i <= 60; i++) if (i < size) lengths.add(i).add(size - 1 - i)
  return [...lengths].sort((a, b) => a - b)
}
