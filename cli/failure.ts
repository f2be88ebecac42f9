/** How a command fails: one sentence with its remedy, and the exit code that scripts rely on. */
import { clean } from '../proto/text.ts'

export const EXIT = {
  failed: 1,
  usage: 2,
  'not found': 3,
  forbidden: 4,
  conflict: 5,
  'no quorum': 6,
  timeout: 7,
} as const

export type Kind = keyof typeof EXIT

export class Failure extends Error {
  readonly kind: Kind
  constructor(kind: Kind, message: string) {
    super(message)
    this.kind = kind
  }
}

export const usage = (message: string): Failure => new Failure('usage', message)

/** What stderr gets: lines for people, one JSON object for programs. */
export function sayFailure(kind: Kind, message: string, format: 'table' | 'json' | 'ndjson'): string {
  if (format === 'table') {
    const lines = message.split('\n').map((line) => clean(line, 1000))
    return lines.length === 1 ? `raftel: ${lines[0]}` : lines.join('\n')
  }
  return JSON.stringify({ error: { code: kind.toUpperCase().replaceAll(' ', '_'), message, exit: EXIT[kind] } })
}
