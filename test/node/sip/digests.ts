/** The digests of the vectors that can be worked out: those with a password. */
import { readFileSync } from 'node:fs'
import path from 'node:path'

export interface Vector {
  readonly source: string
  readonly username: string
  readonly realm: string
  readonly password: string
  readonly method: string
  readonly uri: string
  readonly nonce: string
  readonly nc?: string
  readonly cnonce?: string
  readonly qop?: string
  readonly body?: string
  readonly algorithm: string
  readonly published: string | null
  /** By who made the vectors; where `match` is false the published one is an erratum. */
  readonly computed: string
  readonly match: boolean | null
}

export function vectorsOf(folder: string): readonly Vector[] {
  const all = JSON.parse(readFileSync(path.join(folder, 'digest.json'), 'utf8')) as Vector[]
  return all.filter(({ computed }) => computed)
}
