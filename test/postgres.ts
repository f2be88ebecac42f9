/** A PostgreSQL of a test's own: a cluster in a temporary directory, on a free port of loopback, by a user who is not root. */
import { spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { until } from './nemesis/until.ts'
import { which } from './peers.ts'
import { freePorts } from './ports.ts'

export interface Postgres {
  /** As a sink is told it. */
  readonly target: string
  readonly password: string
  query<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>
  /** Nobody can connect until `start`; what was committed stays. */
  stop(): Promise<void>
  start(): Promise<void>
  end(): Promise<void>
}

const NOBODY = 65_534
const PASSWORD = 'not:a@secret'

export async function startPostgres(): Promise<Postgres> {
  const initdb = which('initdb')
  if (initdb === null) throw new Error('there is no initdb: apt-get install postgresql')
  const [port = 0] = await freePorts(1)
  const root = mkdtempSync(path.join(tmpdir(), 'raftel-postgres-'))
  const data = path.join(root, 'data')
  // It refuses to be root.
  const who = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  if ('uid' in who) chownSync(root, NOBODY, NOBODY)
  const options = { ...who, cwd: root, env: { ...process.env, PGPASSWORD: PASSWORD, HOME: root, LC_ALL: 'C' } }
  const secret = path.join(root, 'password')
  writeFileSync(secret, `${PASSWORD}\n`)
  const made = spawnSync(
    initdb,
    ['-D', data, '-U', 'raftel', '--no-sync', '-A', 'scram-sha-256', `--pwfile=${secret}`],
    {
      ...options,
      encoding: 'utf8',
    },
  )
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`)
  let child: ReturnType<typeof spawn> | null = null

  async function start(): Promise<void> {
    const settings = {
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: root,
      fsync: 'off',
      max_connections: 20,
    }
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    child = spawn(path.join(path.dirname(initdb ?? ''), 'postgres'), ['-D', data, ...args], {
      ...options,
      stdio: 'ignore',
    })
    await until('PostgreSQL answers', async () => (await query('SELECT 1')).length === 1)
  }

  async function query<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({
      connectionString: target.replace('raftel@', `raftel:${encodeURIComponent(PASSWORD)}@`),
    })
    client.on('error', () => {})
    try {
      await client.connect()
      return (await client.query<Row>(sql, [...values])).rows
    } finally {
      await client.end().catch(() => {})
    }
  }

  async function stop(): Promise<void> {
    const running = child
    child = null
    if (running === null || running.exitCode !== null) return
    const over = new Promise((resolve) => running.once('exit', resolve))
    // Fast: clients are thrown out.
    running.kill('SIGINT')
    await over
  }

  async function end(): Promise<void> {
    await stop()
    rmSync(root, { recursive: true, force: true })
  }

  const target = `postgres://raftel@127.0.0.1:${port}/postgres`
  try {
    await start()
  } catch (error) {
    await end()
    throw error
  }
  return {
    target,
    password: PASSWORD,
    query,
    stop,
    start,
    end,
  }
}
