import { lookup } from 'node:dns/promises'

/**
 * Finds the address of a name, or null after `ms`. The system's resolver holds a thread of the pool that the disk needs too,
 * for as long as a hostile name server likes: only `atOnce` names are looked up at a time, the others wait.
 */
export function nameResolver(
  ms: number,
  find: (host: string) => Promise<{ address: string }> = lookup,
  atOnce = 2,
): (host: string) => Promise<string | null> {
  const waiting = new Set<() => void>()
  let looking = 0

  function next(): void {
    for (const begin of waiting) {
      if (looking >= atOnce) return
      waiting.delete(begin)
      begin()
    }
  }

  return (host) =>
    new Promise((done) => {
      const begin = (): void => {
        looking++
        find(host)
          .then(
            ({ address }) => address,
            () => null,
          )
          .then((address) => {
            looking--
            clearTimeout(timer)
            done(address)
            next()
          })
      }
      const timer = setTimeout(() => {
        waiting.delete(begin)
        done(null)
      }, ms)
      waiting.add(begin)
      next()
    })
}
