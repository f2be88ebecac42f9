/** Rows of a table in PostgreSQL. Each batch is one statement, and so one transaction: all of it is there or nothing. */
import pg from 'pg'
import type { CdrRow } from '../../cluster/tables/cdr-rows.ts'
import { toldOf } from './fields.ts'
import { deliverAll, type Tried } from './poison.ts'
import { down, type Sink } from './sink.ts'

export interface PostgresSink {
  readonly target: string
  readonly table: string
  readonly lineage: string
  readonly password?: string
}

const CONNECT_MS = 5_000
const STATEMENT_MS = 30_000

/** Column → type, as docs/cdr.md has them. */
const COLUMNS = {
  id: 'text',
  seq: 'bigint',
  lineage: 'text',
  tenant: 'text',
  caller: 'text',
  called: 'text',
  dialled: 'text',
  target: 'text',
  trunk: 'text',
  node: 'text',
  plan_version: 'integer',
  rule: 'text',
  decision: 'jsonb',
  started_at: 'timestamptz',
  ringing_at: 'timestamptz',
  answered_at: 'timestamptz',
  ended_at: 'timestamptz',
  duration: 'numeric',
  billable: 'integer',
  disposition: 'text',
  status: 'integer',
  reason: 'text',
  cause: 'integer',
  ended_by: 'text',
  relay: 'text',
  legs: 'jsonb',
  media: 'jsonb',
  cost_amount: 'bigint',
  cost_currency: 'text',
} as const

type Column = keyof typeof COLUMNS

const NAMES = Object.keys(COLUMNS) as readonly Column[]

export function createTable(table: string): string {
  const columns = NAMES.map((name) => `  ${name} ${COLUMNS[name]}${name === 'id' ? ' PRIMARY KEY' : ''}`)
  return `CREATE TABLE IF NOT EXISTS ${quoted(table)} (\n${columns.join(',\n')}\n)`
}

export function postgresSink({ target, table, lineage, password }: PostgresSink): Sink {
  const columns = NAMES.map((name) => `${name} ${COLUMNS[name]}`).join(', ')
  const insert =
    `INSERT INTO ${quoted(table)} (${NAMES.join(', ')}) SELECT ${NAMES.join(', ')} ` +
    `FROM jsonb_to_recordset($1::jsonb) AS given(${columns}) ON CONFLICT (id) DO NOTHING`
  let client: pg.Client | null = null

  async function connected(): Promise<pg.Client> {
    if (client !== null) return client
    const opened = new pg.Client({
      connectionString: withPassword(target, password),
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: STATEMENT_MS,
      statement_timeout: STATEMENT_MS,
      application_name: 'raftel',
    })
    // A connection that breaks while nobody asks; the next batch opens another.
    opened.on('error', () => {
      if (client === opened) client = null
    })
    try {
      await opened.connect()
      // Whoever may not make tables need not, when it is there.
      const { rows } = await opened.query<{ found: string | null }>('SELECT to_regclass($1)::text AS found', [
        quoted(table),
      ])
      if (!rows[0]?.found) await opened.query(createTable(table))
    } catch (error) {
      void opened.end().catch(() => {})
      throw error
    }
    client = opened
    return opened
  }

  async function close(): Promise<void> {
    const open = client
    client = null
    await open?.end().catch(() => {})
  }

  async function attempt(rows: readonly CdrRow[]): Promise<Tried> {
    try {
      const open = await connected()
      await open.query(insert, [JSON.stringify(rows.map((row) => columnsOf(row, lineage)))])
      return { kind: 'taken', refused: [] }
    } catch (error) {
      const { code, message } = error as { code?: string; message: string }
      // Data exceptions and violated constraints are of the rows; all else is of the database.
      if (/^2[23]...$/.test(code ?? '')) return { kind: 'refused', why: message }
      await close()
      return down(error)
    }
  }

  return { deliver: (rows) => deliverAll(rows, attempt), close }
}

function columnsOf(row: CdrRow, lineage: string): Record<Column, unknown> {
  const { from, to, planVersion, startedAt, ringingAt, answeredAt, endedAt, by, cost, ...told } = toldOf(row, lineage)
  return {
    ...told,
    caller: from,
    called: to,
    plan_version: planVersion,
    started_at: startedAt,
    ringing_at: ringingAt,
    answered_at: answeredAt,
    ended_at: endedAt,
    ended_by: by,
    cost_amount: cost?.amount ?? null,
    cost_currency: cost?.currency ?? null,
  }
}

/** What a URL says goes before all other options, also that there is no password. */
function withPassword(target: string, password: string | undefined): string {
  if (password === undefined) return target
  const url = new URL(target)
  url.password = encodeURIComponent(password)
  return url.href
}

/** `billing.cdrs` → `"billing"."cdrs"`. */
function quoted(table: string): string {
  return table
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.')
}
