/** Two texts of a plan document: what a commit would change, line by line for who reads it, rule by rule for who decides. */
import { createTwoFilesPatch } from 'diff'
import { parse } from 'yaml'

export interface Comparison {
  readonly same: boolean
  /** Unified; empty when nothing differs. */
  readonly diff: string
  /** Names. A rule that only moved is changed, as the first that matches decides. */
  readonly rules: { readonly added: string[]; readonly removed: string[]; readonly changed: string[] }
  /** Other keys of the document whose values differ. */
  readonly sections: string[]
}

export interface Side {
  /** What it is called: a file, or a version. */
  readonly name: string
  readonly text: string
}

export function compare(from: Side, to: Side): Comparison {
  const same = from.text === to.text
  return { same, diff: same ? '' : patch(from, to), ...summary(from.text, to.text) }
}

/** Two large texts with nothing in common take minutes to compare: then all goes and all comes. */
function patch(from: Side, to: Side): string {
  const made = createTwoFilesPatch(from.name, to.name, from.text, to.text, '', '', { timeout: PATCH_MS })
  const lines = made?.split('\n').filter((line) => !/^=+$/.test(line)) ?? wholesale(from, to)
  return lines.map((line) => line.replace(/^((?:---|\+\+\+) .*?)\t$/, '$1')).join('\n')
}
const PATCH_MS = 5_000

function wholesale(from: Side, to: Side): string[] {
  const lines = (text: string, mark: string) =>
    text
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => mark + line)
  return [`--- ${from.name}`, `+++ ${to.name}`, ...lines(from.text, '-'), ...lines(to.text, '+')]
}

type Summary = Pick<Comparison, 'rules' | 'sections'>

function summary(from: string, to: string): Summary {
  const [old, now] = [contentOf(from), contentOf(to)]
  const before = rulesIn(old.rules)
  const after = rulesIn(now.rules)
  const names = [...before.keys()].filter((name) => after.has(name))
  const place = (rules: ReadonlyMap<string, string>) =>
    [...rules.keys()].filter((name) => before.has(name) && after.has(name))
  const moved = new Set(movedIn(place(before), place(after)))
  return {
    rules: {
      added: [...after.keys()].filter((name) => !before.has(name)),
      removed: [...before.keys()].filter((name) => !after.has(name)),
      changed: names.filter((name) => before.get(name) !== after.get(name) || moved.has(name)),
    },
    sections: [...new Set([...Object.keys(old), ...Object.keys(now)])]
      .filter((key) => key !== 'rules' && JSON.stringify(old[key]) !== JSON.stringify(now[key]))
      .sort(),
  }
}

/** Those that have another one before them than they had. */
function movedIn(before: readonly string[], after: readonly string[]): string[] {
  const was = new Map(before.map((name, i) => [name, before[i - 1]]))
  return after.filter((name, i) => was.get(name) !== after[i - 1])
}

/** A text that is no plan has nothing to be told of. */
function contentOf(text: string): Record<string, unknown> {
  try {
    const said: unknown = parse(text, { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' })
    return typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function rulesIn(rules: unknown): Map<string, string> {
  if (!Array.isArray(rules)) return new Map()
  return new Map(
    rules.map((rule: { name?: unknown } | null, i) => {
      return [typeof rule?.name === 'string' ? rule.name : `number ${i + 1}`, JSON.stringify(rule)]
    }),
  )
}

/** `rules: 1 added (night), 1 changed (office)`; empty when it is about nothing that is known here. */
export function sayComparison({ rules, sections }: Pick<Comparison, 'rules' | 'sections'>): string {
  const said = (['added', 'removed', 'changed'] as const)
    .filter((how) => rules[how].length > 0)
    .map((how) => `${rules[how].length} ${how} (${some(rules[how])})`)
  const lines = [
    ...(said.length > 0 ? [`rules: ${said.join(', ')}`] : []),
    ...(sections.length > 0 ? [`also changed: ${some(sections)}`] : []),
  ]
  return lines.join('\n')
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_MAX).join(', ')
  return names.length > NAMES_MAX ? `${shown} and ${names.length - NAMES_MAX} more` : shown
}
const NAMES_MAX = 12
