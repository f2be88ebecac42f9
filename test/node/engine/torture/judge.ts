/** How an answer to a torture message is judged by its manifest. */
import { readFileSync } from 'node:fs'
import path from 'node:path'

/** What each role may answer: status codes, `drop` for silence, `fwd` for a request that is passed on. */
type Expected = Readonly<Partial<Record<Role, readonly (number | 'drop' | 'fwd')[]>>>
type Role = 'any' | 'proxy' | 'b2bua' | 'registrar' | 'liberal'

export interface TortureMessage {
  readonly name: string
  readonly section: string
  readonly level: 'MUST-hold' | 'SHOULD'
  readonly type: 'request' | 'response'
  readonly topViaTransport: string | null
  readonly bodySha256: string | null
  readonly expect: Expected
  readonly variantOf?: string
  readonly bytes: Buffer
}

export function tortureMessages(folder: string): TortureMessage[] {
  const { messages } = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as {
    messages: (TortureMessage & { file: string })[]
  }
  return messages.map((message) => ({ ...message, bytes: readFileSync(path.join(folder, message.file)) }))
}

export type Verdict = 'exact' | 'liberal' | 'failed'

/** `statuses` are those of the final answers that came. We are a B2BUA and a registrar: nothing is forwarded. */
export function judge({ expect }: TortureMessage, statuses: readonly number[]): Verdict {
  const exact = expect.b2bua ?? expect.registrar ?? expect.any ?? []
  if (statuses.length === 0) return exact.includes('drop') ? 'exact' : 'failed'
  if (statuses.every((status) => exact.includes(status))) return 'exact'
  return statuses.every((status) => exact.includes(status) || expect.liberal?.includes(status)) ? 'liberal' : 'failed'
}
