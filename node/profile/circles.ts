/** Where forwards that users have set go round, looked for among all of them at once: each is followed once, however many lead to it. */
import { targetsOf } from '../../cluster/tables/forwards.ts'
import type { Aor } from '../../cluster/tables/rows.ts'
import { domainOf } from './aor.ts'
import { type LedTo, ownerOf, type World } from './profile.ts'

/** Forwards that are followed; a node has other things to do. */
const FOLLOWED_MAX = 5_000

/** Each as the way round, which ends where it begins; the first `most` of them. */
export function circlesIn(world: World, ledTo: LedTo, most: number): readonly (readonly Aor[])[] {
  const found: Aor[][] = []
  let left = FOLLOWED_MAX
  // Numbers mean whom they mean where the first was called.
  const owners = new Map<string, Aor | null>()
  const whoIn = (domain: string, target: string): Aor | null => {
    if (target.includes('@')) return target
    const key = `${domain} ${target}`
    const known = owners.get(key)
    if (known !== undefined) return known
    const owner = ownerOf(world, domain, target, ledTo)
    owners.set(key, owner)
    return owner
  }
  const followed = new Map<string, Set<Aor>>()
  for (const first of world.profiles.keys()) {
    const domain = domainOf(first)
    const done = followed.get(domain) ?? new Set()
    followed.set(domain, done)
    if (done.has(first)) continue
    done.add(first)
    const way = [{ aor: first, targets: [...targetsOf(world.profiles.get(first)?.forwards)] }]
    const at = new Map([[first, 0]])
    for (let last = way.at(-1); last !== undefined; last = way.at(-1)) {
      const target = last.targets.shift()
      if (target === undefined) {
        at.delete(last.aor)
        way.pop()
        continue
      }
      if (left-- === 0) return found
      const to = whoIn(domain, target)
      if (to === null) continue
      const from = at.get(to)
      if (from !== undefined) {
        found.push([...way.slice(from).map(({ aor }) => aor), to])
        if (found.length === most) return found
      } else if (!done.has(to)) {
        done.add(to)
        at.set(to, way.length)
        way.push({ aor: to, targets: [...targetsOf(world.profiles.get(to)?.forwards)] })
      }
    }
  }
  return found
}
