import { hash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { withLab } from './lab.ts'

interface Verdict {
  readonly index: number
  readonly hash: string | null
  readonly nodes: readonly { readonly id: string; readonly verdict: string; readonly hash: string }[]
}

interface Status {
  readonly leader: string
  readonly nodes: readonly { readonly id: string; readonly lag: number | null; readonly lastContact: string | null }[]
}

test.serial('the leader changes by command, any node may be asked, and what cannot be has its exit code', async (t) => {
  await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
    const ids = lab.nodes.map(({ id }) => id)
    const before = await lab.until(
      'a leader',
      lab.status,
      ({ leader, nodes }) => leader !== null && nodes.every((n) => n.reachable),
    )
    const next = ids.find((id) => id !== before.leader)!
    const last = ids.find((id) => id !== before.leader && id !== next)!
    // Asked of one that neither leads nor is to lead.
    const endpoint = lab.nodes.find(({ id }) => id === last)!.control
    const moved = await lab.json<{ leader: string; term: number; moved: boolean }>([
      'cluster',
      'transfer-leader',
      next,
      '--endpoints',
      endpoint,
    ])
    t.like(moved, { leader: next, moved: true })
    t.true(moved.term > before.term)
    await lab.until('it leads', lab.status, ({ leader }) => leader === next)
    const again = await lab.raftel(['cluster', 'transfer-leader', next])
    t.is(again.code, 0, again.stderr)
    t.regex(again.stderr, /leads already/)

    const unknown = await lab.raftel(['cluster', 'transfer-leader', 'n9'])
    t.is(unknown.code, 3)
    t.regex(unknown.stderr, /no node n9 .*raftel cluster status/)

    const status = await lab.json<Status>(['cluster', 'status'])
    t.is(status.leader, next)
    for (const { id, lag, lastContact } of status.nodes) {
      t.true(lag !== null && lag >= 0, id)
      t.is(lastContact === null, id === next, `${id} was heard at ${lastContact}`)
    }
    const table = await lab.raftel(['cluster', 'status'])
    t.regex(table.stdout, /NODE +ID +MEMBER +ROLE +REACHABLE +COMMIT +APPLIED +LAG +LAST CONTACT/)

    const equal = await lab.json<Verdict>(['cluster', 'verify'])
    t.deepEqual(
      equal.nodes.map(({ id, verdict }) => [id, verdict]),
      ids.map((id) => [id, 'equal']),
    )
    t.true(equal.index > 0 && equal.hash !== null)

    await lab.kill(last)
    const dead = await lab.raftel(['cluster', 'verify'])
    t.is(dead.code, 1)
    t.regex(dead.stderr, new RegExp(`${last} could not be asked`))
    t.regex(dead.stdout, new RegExp(`${last} +unreachable`))
    await lab.until('it is missed', lab.status, ({ nodes }) => nodes.some((n) => !n.reachable))
    const gone = await lab.raftel(['cluster', 'transfer-leader', last])
    t.is(gone.code, 1, gone.stderr)
    t.regex(gone.stderr, new RegExp(`${last} does not take over: it cannot be reached`))
    const silent = await lab.json<Status>(['cluster', 'status'])
    const row = silent.nodes.find(({ id }) => id === last)
    t.is(row?.lag, null)
    t.truthy(row?.lastContact)

    await lab.kill(before.leader!)
    const alone = await lab.raftel(['cluster', 'transfer-leader', before.leader!, '--timeout', '8'])
    t.is(alone.code, 6, alone.stderr)
  })
})

test.serial('a snapshot is saved from a running cluster, looked at, and a new cluster begins from it', async (t) => {
  await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
    await lab.addUser('alice@pbx.test', 'secret')
    await lab.commitPlan('domains: [pbx.test]\n')
    const file = path.join(lab.dir, 'saved.snapshot')
    const snapshot = (...args: string[]) => lab.raftel(['cluster', 'snapshot', ...args])
    const saved = await lab.json<Saved>(['cluster', 'snapshot', 'save', file])
    t.like(saved, { users: 1, plans: 1, current: true, lineage: '' })
    t.is(statSync(file).mode & 0o777, 0o600)
    t.false(readFileSync(file, 'utf8').includes('secret'))
    t.is((await snapshot('save', file)).code, 5)
    t.deepEqual(
      readdirSync(lab.dir).filter((name) => name.endsWith('.partial')),
      [],
    )
    t.deepEqual(await lab.json<Saved>(['cluster', 'snapshot', 'inspect', file]), saved)
    t.is((await snapshot('inspect', `${file}.none`)).code, 3)
    const short = path.join(lab.dir, 'short.snapshot')
    writeFileSync(short, readFileSync(file).subarray(0, -10))
    const cutShort = await snapshot('inspect', short)
    t.is(cutShort.code, 1)
    t.regex(cutShort.stderr, /short\.snapshot is cut short/)

    await lab.addUser('later@pbx.test', 'x')
    const config = (id: string) => path.join(lab.dir, 'nodes', `${id}.yaml`)
    const busy = await snapshot('restore', file, '--config', config('n1'))
    t.is(busy.code, 5, busy.stderr)
    t.regex(busy.stderr, /is not empty; stop n1/)
    for (const { id } of lab.nodes) {
      await lab.kill(id)
      const data = path.join(lab.dir, 'data', id)
      rmSync(data, { recursive: true })
      const made = await snapshot('restore', file, '--config', config(id))
      t.is(made.code, 0, made.stderr)
      t.regex(made.stderr, /belongs to a NEW cluster now/)
    }
    await Promise.all(lab.nodes.map(({ id }) => lab.start(id)))
    const users = await lab.json<{ aor: string }[]>(['user', 'ls'])
    t.deepEqual(
      users.map(({ aor }) => aor),
      ['alice@pbx.test'],
    )
    const verdict = await lab.json<Verdict>(['cluster', 'verify'])
    t.deepEqual(
      verdict.nodes.map(({ verdict }) => verdict),
      ['equal', 'equal', 'equal'],
    )
    const again = await lab.json<Saved>(['cluster', 'snapshot', 'save', path.join(lab.dir, 'second.snapshot')])
    t.is(again.lineage, saved.sha256.slice(0, 16))
  })
})

interface Saved {
  readonly lineage: string
  readonly users: number
  readonly current: boolean
  readonly sha256: string
}

test.serial(
  'most nodes are lost: what one of them has is begun anew from, and only when that is asked for',
  async (t) => {
    await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
      await lab.addUser('alice@pbx.test', 'secret')
      await lab.until(
        'all have it',
        () => lab.json<Verdict>(['cluster', 'verify']),
        ({ nodes }) => nodes.every(({ verdict }) => verdict === 'equal'),
      )
      for (const { id } of lab.nodes) await lab.kill(id)
      for (const id of ['n1', 'n3']) rmSync(path.join(lab.dir, 'data', id), { recursive: true })
      const file = path.join(lab.dir, 'survivor.snapshot')
      const config = (id: string) => path.join(lab.dir, 'nodes', `${id}.yaml`)
      const recover = (id: string, ...more: string[]) =>
        lab.raftel(['cluster', 'recover', file, '--config', config(id), ...more])
      const asked = await recover('n2')
      t.is(asked.code, 2)
      t.regex(asked.stderr, /docs\/damage\.md, and say --i-understand/)
      t.is((await recover('n1', '--i-understand')).code, 3)
      const made = await recover('n2', '--i-understand')
      t.is(made.code, 0, made.stderr)
      t.regex(made.stdout, /^users +1$/m)
      rmSync(path.join(lab.dir, 'data', 'n2'), { recursive: true })
      for (const { id } of lab.nodes) {
        const restored = await lab.raftel(['cluster', 'snapshot', 'restore', file, '--config', config(id)])
        t.is(restored.code, 0, restored.stderr)
      }
      await Promise.all(lab.nodes.map(({ id }) => lab.start(id)))
      t.deepEqual(
        (await lab.json<{ aor: string }[]>(['user', 'ls'])).map(({ aor }) => aor),
        ['alice@pbx.test'],
      )
    })
  },
)

test.serial('a node whose tables differ is named, and what is said to do about it helps', async (t) => {
  await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
    await lab.addUser('alice@pbx.test', 'secret')
    const file = path.join(lab.dir, 'saved.snapshot')
    await lab.json<Saved>(['cluster', 'snapshot', 'save', file])
    // The same index with a user less: what no node of ours may ever have.
    const other = path.join(lab.dir, 'other.snapshot')
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -2)
      .filter((line) => !line.startsWith('["users"'))
    const text = lines.map((line) => `${line}\n`).join('')
    const foot = { lines: lines.length, sha256: hash('sha256', text) }
    writeFileSync(other, `${text}${JSON.stringify(foot)}\n`)
    for (const { id } of lab.nodes) {
      await lab.kill(id)
      rmSync(path.join(lab.dir, 'data', id), { recursive: true })
      const config = path.join(lab.dir, 'nodes', `${id}.yaml`)
      const from = id === 'n3' ? other : file
      const made = await lab.raftel(['cluster', 'snapshot', 'restore', from, '--config', config, '--lineage', 'x'])
      t.is(made.code, 0, made.stderr)
    }
    await Promise.all(lab.nodes.map(({ id }) => lab.start(id)))
    const wrong = await lab.raftel(['cluster', 'verify'])
    t.is(wrong.code, 1, wrong.stdout)
    t.regex(
      wrong.stderr,
      /n3 has other tables than the others: stop it, move its data directory away, and join with --replace/,
    )
    t.regex(wrong.stdout, /n1 +equal.*n2 +equal.*n3 +differs/s)

    await lab.founded()
    await lab.kill('n3')
    rmSync(path.join(lab.dir, 'data', 'n3'), { recursive: true })
    await lab.replace('n3')
    await lab.start('n3')
    const right = await lab.until(
      'all are equal',
      () => lab.raftel(['cluster', 'verify']),
      ({ code }) => code === 0,
    )
    t.regex(right.stdout, /n3 +equal/)
  })
})
