/** An import: everything is looked at, here and by a node, before the first user is changed; then in parts, as each is one entry of the log. */
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { clean } from '../../proto/text.ts'
import type { ImportUsersReply__Output } from '../../proto/types/raftel/v1/ImportUsersReply.ts'
import { openClient } from '../client.ts'
import { Failure } from '../failure.ts'
import type { Globals } from '../globals.ts'
import { type Entry, type LineFault, readUsers } from './file.ts'

export interface ImportOptions {
  readonly dryRun?: boolean
  readonly replace?: boolean
  readonly tenant?: string
  /** File that generated passwords go to. */
  readonly generatePasswords?: string
}

export interface Imported {
  readonly users: number
  readonly added: number
  readonly replaced: number
  /** Were there already, and stay as they are. */
  readonly kept: number
  readonly dryRun: boolean
}

const PART = 250
export const FAULTS_SHOWN = 100

export async function importFile(given: Globals, file: string, options: ImportOptions): Promise<Imported> {
  const format = /\.ya?ml$/i.test(file) ? 'yaml' : 'csv'
  const { entries: read, faults } = await readUsers(file, format)
  const { entries, generated } = withPasswords(read, faults, options)
  repeated(entries, faults)
  const parts: Entry[][] = []
  for (let at = 0; at < entries.length; at += PART) parts.push(entries.slice(at, at + PART))
  const context = contextOf(entries)
  // A part takes a node some ten milliseconds; a large file must not run out of time for its size.
  const client = openClient({ ...given, timeout: given.timeout + parts.length * 2 })
  const send = (users: readonly Entry[], dryRun: boolean) =>
    client.ask<ImportUsersReply__Output>((control, limits, done) => {
      const request = {
        users: [...users],
        replace: options.replace === true,
        dryRun,
        tenant: options.tenant ?? '',
        context,
      }
      control.importUsers(request, limits, done)
    })
  try {
    const progress = bar(2 * parts.length)
    const sums = { added: 0, replaced: 0, kept: 0 }
    const add = (reply: ImportUsersReply__Output): void => {
      sums.added += reply.added
      sums.replaced += reply.replaced
      sums.kept += reply.kept
    }
    for (const part of parts) {
      const reply = await send(part, true)
      faults.push(...faultsIn(reply))
      add(reply)
      progress.step('checked')
    }
    if (faults.length > 0) {
      progress.end()
      throw new Failure('failed', sayFaults(file, faults))
    }
    if (!options.dryRun) {
      Object.assign(sums, { added: 0, replaced: 0, kept: 0 })
      if (options.generatePasswords !== undefined) keep(options.generatePasswords, generated)
      for (const part of parts) {
        // Asked again it comes to the same: who is there already stays.
        const reply = await send(part, false)
        if (reply.errors.length > 0)
          throw new Failure('failed', `others changed users meanwhile. ${sayFaults(file, faultsIn(reply))}`)
        add(reply)
        progress.step('written')
      }
    }
    progress.end()
    return { users: entries.length, ...sums, dryRun: options.dryRun === true }
  } finally {
    client.close()
  }
}

function faultsIn({ errors }: ImportUsersReply__Output): LineFault[] {
  return errors.map(({ line, text }) => ({ line, message: text }))
}

/** What the parts must know of each other: who is there, and where forwards lead. */
function contextOf(entries: readonly Entry[]): Entry['profile'][] {
  const targets = new Set<string>()
  const withForwards = entries.filter(({ profile }) => {
    const own = [profile.forwardAlways, profile.forwardBusy, profile.forwardNoAnswer, profile.forwardUnregistered]
    for (const target of own) if (target) targets.add(target)
    return own.some((target) => target !== undefined)
  })
  const named = entries.filter(({ aor }) => targets.has(aor))
  return [...new Set([...withForwards, ...named])].map(({ aor, profile }) => ({
    aor,
    forwardAlways: profile.forwardAlways,
    forwardBusy: profile.forwardBusy,
    forwardNoAnswer: profile.forwardNoAnswer,
    forwardUnregistered: profile.forwardUnregistered,
  }))
}

function withPasswords(
  entries: readonly Entry[],
  faults: LineFault[],
  { generatePasswords }: ImportOptions,
): { entries: Entry[]; generated: Entry[] } {
  const generated: Entry[] = []
  const all = entries.map((entry) => {
    if (entry.password !== '') return entry
    if (generatePasswords === undefined) {
      faults.push({ line: entry.line, message: 'no password; give a column password, or --generate-passwords FILE' })
      return { ...entry, password: 'none' }
    }
    const made = { ...entry, password: randomBytes(15).toString('base64url') }
    generated.push(made)
    return made
  })
  return { entries: all, generated }
}

function repeated(entries: readonly Entry[], faults: LineFault[]): void {
  const seen = new Map<string, number>()
  for (const { aor, line } of entries) {
    const first = seen.get(aor)
    if (first === undefined) seen.set(aor, line)
    else faults.push({ line, message: `${clean(aor, 128)} is in line ${first} already` })
  }
}

/** For the one who made them alone; a file that is there already is not overwritten. */
function keep(file: string, entries: readonly Entry[]): void {
  let fd: number
  try {
    fd = openSync(file, 'wx', 0o600)
  } catch (error) {
    throw new Failure(
      'failed',
      `${file} cannot be made for the passwords: ${(error as Error).message}; name another file`,
    )
  }
  writeSync(fd, ['aor,password', ...entries.map(({ aor, password }) => `${aor},${password}`), ''].join('\n'))
  closeSync(fd)
}

export function sayFaults(file: string, faults: readonly LineFault[]): string {
  const sorted = [...faults].sort((a, b) => a.line - b.line)
  const lines = sorted.slice(0, FAULTS_SHOWN).map(({ line, message }) => `${file}:${line}: ${clean(message, 400)}`)
  const more = faults.length - lines.length
  const all = more > 0 ? [...lines, `and ${more} more`] : lines
  return [...all, `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}; nothing was changed`].join('\n')
}

/** On a terminal alone, and on stderr: stdout has data. */
function bar(steps: number): { step(what: string): void; end(): void } {
  const WIDTH = 30
  let done = 0
  if (!process.stderr.isTTY) return { step() {}, end() {} }
  return {
    step(what) {
      done++
      const filled = Math.round((WIDTH * done) / steps)
      process.stderr.write(
        `\r[${'#'.repeat(filled)}${'-'.repeat(WIDTH - filled)}] ${Math.round((100 * done) / steps)}% ${what} `,
      )
    },
    end() {
      process.stderr.write(`\r${' '.repeat(WIDTH + 20)}\r`)
    },
  }
}
