/**
 * Text and plan of a document as commands and the history carry them: JSON, deflated, base64. A plan has several times the bytes of its text, and a
 * command must stay below 2 MiB; deflated it is a tenth. Its maker deflates, since libraries differ in that; what inflates is the same everywhere.
 */
import { hash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Plan } from './plan-rows.ts'

/** A text of 1 MiB whose rules are all as short as they can be comes to half of that. */
const INFLATED_MAX = 32 * 1024 * 1024

export interface PlanText {
  readonly text: string
  readonly plan: Plan
  /** Of both. */
  readonly hash: string
}

export function pack(text: string, plan: Plan): string {
  return deflateRawSync(JSON.stringify([text, plan])).toString('base64')
}

/** Null: it is nothing that `pack` made. */
export function unpack(packed: string): PlanText | null {
  try {
    const json = inflateRawSync(Buffer.from(packed, 'base64'), { maxOutputLength: INFLATED_MAX })
    const said: unknown = JSON.parse(json.toString('utf8'))
    if (!Array.isArray(said) || typeof said[0] !== 'string' || typeof said[1] !== 'object') return null
    return { text: said[0], plan: said[1] as Plan, hash: hash('sha256', json) }
  } catch {
    return null
  }
}
