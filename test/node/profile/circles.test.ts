import test from 'ava'
import fc from 'fast-check'
import { circle } from '../../../cluster/tables/forwards.ts'
import type { ProfileRow } from '../../../cluster/tables/people-rows.ts'
import { circlesIn } from '../../../node/profile/circles.ts'
import type { World } from '../../../node/profile/profile.ts'
import { readPlan } from '../../../node/routing/plan.ts'
import { ledTo } from '../../../node/routing/references.ts'

const read = readPlan(
  'domains: [pbx.test]\nusers: {b@pbx.test: {numbers: ["10"]}}\nrules:\n  - {name: r, match: "20", user: a}\n',
)
if (read.kind !== 'ok') throw new Error(JSON.stringify(read))
const plan = { version: 1, text: '', plan: read.plan, author: '', committedAt: 1 }
const NAMES = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}@pbx.test`)
const target = fc.option(fc.constantFrom(...NAMES, '10', '20', '99'), { nil: undefined })
const forwards = fc.record({ always: target, busy: target, noAnswer: target }).map((all) => {
  return Object.fromEntries(Object.entries(all).filter(([, to]) => to !== undefined))
})

/** What a target means, by the plan above. */
const who = (to: string): string | null => {
  if (to.includes('@')) return to
  return to === '10' ? 'b@pbx.test' : to === '20' ? 'a@pbx.test' : null
}

test('among the forwards of all users a way round is found exactly if one of them has one, and each that is told is one', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(forwards, { minLength: NAMES.length, maxLength: NAMES.length }), (all) => {
        const profiles = new Map(NAMES.map((aor, i) => [aor, { aor, forwards: all[i] } as ProfileRow]))
        const world: World = { plans: new Map([['main', plan]]), users: new Set(NAMES), profiles }
        const told = circlesIn(world, ledTo, 100)
        const some = NAMES.some((aor) =>
          circle(aor, profiles.get(aor)?.forwards, (to) => profiles.get(to)?.forwards, who),
        )
        if (some !== told.length > 0) return false
        return told.every((way) => {
          const leads = way.slice(1).every((to, i) => {
            const { always, busy, noAnswer } = profiles.get(way[i]!)?.forwards ?? {}
            return [always, busy, noAnswer].some((one) => one !== undefined && who(one) === to)
          })
          return leads && way[0] === way.at(-1)
        })
      }),
      { numRuns: 500 },
    ),
  )
})

test('of very many forwards a bounded part is followed', (t) => {
  const chain = (length: number): World => {
    const rows = Array.from({ length }, (_, i) => {
      const aor = `u${i}@pbx.test`
      return [aor, { aor, forwards: { always: `u${(i + 1) % length}@pbx.test` } } as ProfileRow] as const
    })
    return { plans: new Map(), users: new Set(), profiles: new Map(rows) }
  }
  t.is(circlesIn(chain(1_000), ledTo, 9)[0]?.length, 1_001)
  t.deepEqual(circlesIn(chain(100_000), ledTo, 9), [])
})
