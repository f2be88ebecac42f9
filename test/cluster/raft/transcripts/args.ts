/** The arguments of a command as numbers and truths, as the reference reads them. */

import type { ConfChangeSingle } from '../../../../cluster/raft/types.ts'
import type { Arg, Command } from './datadriven.ts'

/** A script that the reference could not have run: nothing was recorded that an answer could be compared with. */
export class Unplayable extends Error {
  constructor({ line, text }: Pick<Command, 'line' | 'text'>, why: string) {
    super(`line ${line}: ${why} (${text})`)
  }
}

export function integer(command: Command, text: string | undefined, what: string): number {
  const value = Number(text)
  if (text === undefined || !/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new Unplayable(command, `${what} must be a number, not ${JSON.stringify(text)}`)
  }
  return value
}

const TRUTHS: Record<string, boolean> = {
  ...Object.fromEntries(['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true])),
  ...Object.fromEntries(['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false])),
}

export function truth(text: string): boolean | undefined {
  return TRUTHS[text]
}

/** The words without a value, all of which must be numbers. */
export function plainNumbers(command: Command): number[] {
  return command.args.filter(({ values }) => values.length === 0).map(({ key }) => integer(command, key, 'a node'))
}

/** The first word; a command that needs it cannot do without. */
export function firstWord(command: Command): string {
  const [first] = command.args
  if (first === undefined) throw new Unplayable(command, 'an argument is missing')
  return first.key
}

/** What nobody knows must not pass for done. */
export function refuseUnknown(command: Command, args: readonly Arg[], known: readonly string[]): void {
  for (const { key, values } of args) {
    if (values.length > 0 && !known.includes(key)) throw new Unplayable(command, `there is no option called ${key}`)
  }
}

const CHANGES: Record<string, ConfChangeSingle['type']> = {
  v: 'add-voter',
  l: 'add-learner',
  r: 'remove',
  u: 'update',
}

/** `v1 l2 r3 u4`, or what the reference says of what is not of this kind. */
export function parseChanges(text: string): ConfChangeSingle[] | string {
  const changes: ConfChangeSingle[] = []
  for (const word of text.trim() === '' ? [] : text.trim().split(' ')) {
    if (word.length < 2) return `unknown token ${word}`
    const type = CHANGES[word[0]!]
    if (type === undefined) return `unknown input: ${word}`
    const id = word.slice(1)
    if (!/^\d+$/.test(id)) return `strconv.ParseUint: parsing ${JSON.stringify(id)}: invalid syntax`
    changes.push({ type, id: Number(id) })
  }
  return changes
}

export function describeChange({ type, id }: ConfChangeSingle): string {
  return `${Object.keys(CHANGES).find((key) => CHANGES[key] === type)}${id}`
}
