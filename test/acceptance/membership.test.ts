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
    t.regex(table.stdout, /NODE +ROLE +REACHABLE +COMMIT +APPLIED +LAG +LAST CONTACT/)

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
