/**
 * Which digest algorithms a realm can be challenged with: those that every user of it has an HA1 for. Not by user: a challenge that
 * depends on who asks would tell who there is. A user whom an older program wrote has two, and gets the third with a new password.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Sealed, UserRow } from '../../cluster/tables/rows.ts'
import { ALGORITHMS, type Algorithm } from './digest.ts'

export interface RealmAlgorithms {
  /** Strongest first. */
  of(realm: string): readonly Algorithm[]
  close(): void
}

/** `allowed`: what the configuration takes at all. */
export function watchAlgorithms(
  cluster: Pick<Cluster, 'tables' | 'watch'>,
  allowed: readonly Algorithm[] = ALGORITHMS,
): RealmAlgorithms {
  const all = ALGORITHMS.filter((one) => allowed.includes(one))
  const without = all.filter((one) => one !== 'SHA-512-256')
  /** How many users of a domain have two HA1s; counted when first asked for. */
  let lacking: Map<string, number> | null = null

  const add = (row: UserRow | null, by: number): void => {
    if (lacking !== null && row !== null && !hasThird(row.credentials)) {
      lacking.set(row.domain, (lacking.get(row.domain) ?? 0) + by)
    }
  }
  const stop = cluster.watch((changes) => {
    for (const change of changes) {
      if (change.table !== 'users') continue
      add(change.before, -1)
      add(change.row, 1)
    }
  })
  const count = (): Map<string, number> => {
    if (lacking === null) {
      lacking = new Map()
      for (const user of cluster.tables.users.values()) add(user, 1)
    }
    return lacking
  }
  return {
    // Where nothing else may be used the users of the program before cannot come in, and a new password is what they need.
    of: (realm) => (without.length > 0 && (count().get(realm) ?? 0) > 0 ? without : all),
    close: stop,
  }
}

/** Told by the length, which sealing keeps: to open a million of them would take a minute. Two HA1s come to 212 characters, three to 316. */
function hasThird(sealed: Sealed): boolean {
  return sealed.length > 260
}
