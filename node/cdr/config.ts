/** Whether a sink can be as it is asked for. */

import type { SinkKind } from '../../cluster/tables/cdr-rows.ts'
import type { SinkConfig } from '../../cluster/tables/commands.ts'
import { isName } from '../../cluster/tables/names.ts'
import { SINKS_MAX } from '../../cluster/tables/sinks.ts'
import { FIELDS } from '../../proto/cdr.ts'

/** Where records go in a database that says nothing else. */
export const TABLE = 'raftel_cdrs'
const KINDS: readonly SinkKind[] = ['jsonl', 'csv', 'http', 'postgres']
const TARGET_MAX = 1_024
const TENANT_MAX = 128

export interface Asked {
  readonly name: string
  readonly kind: string
  readonly target: string
  readonly table: string
  readonly tenant: string
  readonly fields: readonly string[]
  /** Where files are; empty: on the node that is asked. */
  readonly node: string
}

/** What its secret is sealed for: one that is moved to another sink, or another place, opens nothing. */
export function secretPurpose(name: string, target: string): string {
  return `sink ${name} ${target}`
}

/** The configuration, or the sentence that says what is wrong with it. `here`: the node that is asked. */
export function readSink(asked: Asked, here: string, members: readonly string[]): SinkConfig | string {
  const { name, target, table, tenant, fields } = asked
  const kind = KINDS.find((one) => one === asked.kind)
  if (!isName(name)) return 'a sink is named with up to 32 of a-z, 0-9 and -, like billing-db'
  if (kind === undefined) return `a sink is one of ${KINDS.join(', ')}`
  if (target.length > TARGET_MAX) return `the target is longer than ${TARGET_MAX} characters; shorten it`
  if (tenant.length > TENANT_MAX) return `the tenant is longer than ${TENANT_MAX} characters`
  const unknown = fields.find((field) => !(FIELDS as readonly string[]).includes(field))
  if (unknown !== undefined) return `there is no such field; the fields are ${FIELDS.join(', ')}`
  const isFile = kind === 'jsonl' || kind === 'csv'
  const wrong = isFile
    ? directory(target)
    : kind === 'http'
      ? url(target, /^https?:$/)
      : url(target, /^postgres(ql)?:$/)
  if (wrong !== null) return wrong
  if (asked.node !== '' && !isFile)
    return 'only files are of a node; a database and a URL are reached from the node that leads'
  const node = asked.node || here
  if (isFile && !members.includes(node)) return `there is no node ${node}; raftel cluster status shows which there are`
  if (table !== '' && kind !== 'postgres') return 'only a database has tables'
  if (table !== '' && !/^[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?$/.test(table))
    return 'a table is named like raftel_cdrs, or billing.cdrs'
  if (fields.length > 0 && kind === 'postgres') return 'a database gets all fields; choose with a view'
  return {
    name,
    kind,
    target,
    ...(table !== '' && { table }),
    ...(tenant !== '' && { tenant }),
    ...(fields.length > 0 && { fields }),
    ...(isFile && { node }),
  }
}

export const TOO_MANY = `there are ${SINKS_MAX} sinks already; remove one`

function directory(target: string): string | null {
  if (!target.startsWith('/')) return 'the target of files is a directory, written from / on'
  return target.includes('\0') || target.split('/').includes('..') ? 'the directory may not have .. in it' : null
}

/** Everybody sees targets: a password stands elsewhere, sealed. */
function url(target: string, scheme: RegExp): string | null {
  if (!URL.canParse(target)) return 'the target is no URL'
  const { protocol, password, searchParams } = new URL(target)
  if (!scheme.test(protocol))
    return `the target begins with ${scheme.test('http:') ? 'http:// or https://' : 'postgres://'}`
  if (password !== '' || searchParams.has('password'))
    return 'a target has no password in it: give it with --secret-stdin'
  return null
}
