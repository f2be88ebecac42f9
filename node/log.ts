/** The node's log: one JSON line an event, to stderr or a file, without secrets. */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import pino, { type Logger } from 'pino'
import type { LogLevel } from './config.ts'

const SECRETS = ['password', 'secret', 'key', 'credentials', 'authorization', 'nonceKey', 'sealed']

/** Written at once: the last lines before an end are the ones that matter. */
export function openLogger(node: string, level: LogLevel, file: string | null): Logger {
  if (file !== null) mkdirSync(path.dirname(file), { recursive: true })
  const destination = pino.destination({ dest: file ?? 2, sync: true, append: true })
  // A log that cannot be written (a closed pipe, a full disk) must not end calls; what the disk says, the cluster's own
  // log will say too.
  destination.on('error', () => {})
  const paths = SECRETS.flatMap((name) => [name, `*.${name}`])
  return pino({ level, base: { node }, redact: { paths, censor: '[secret]' } }, destination)
}
