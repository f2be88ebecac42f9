/** Faults of the network between nodes; clients still reach every node. */
import type { NodeProcess } from '../node.ts'
import type { Fault, Means } from './fault.ts'

const needsLinks = ({ links }: Means): string | null => (links ? null : 'needs network namespaces')
const hostOf = ({ machine }: NodeProcess): string => machine.host
const names = (nodes: readonly NodeProcess[]): string => nodes.map(({ name }) => name).join(' ')

/** Some hear nothing of the others, and the others nothing of them. */
export const partition: Fault = {
  kind: 'partition',
  sort: 'network',
  absent: needsLinks,
  async begin({ cluster, random }, target) {
    const others = cluster.nodes.filter((node) => node !== target)
    // Alone, or with all but one: either way there may be a majority on one side.
    const side = random.chance(0.2) ? [target, ...others.slice(1)] : [target]
    const rest = cluster.nodes.filter((node) => !side.includes(node))
    for (const node of side) node.machine.link?.deafTo(rest.map(hostOf))
    for (const node of rest) node.machine.link?.deafTo(side.map(hostOf))
    return { said: `${names(side)} and ${names(rest)} apart, both ways`, end: async () => heal(cluster.all) }
  },
}

/** Packets pass in one direction only. */
export const oneWay: Fault = {
  kind: 'one-way',
  sort: 'network',
  absent: needsLinks,
  async begin({ cluster, random }, target) {
    const others = cluster.nodes.filter((node) => node !== target)
    const one = random.pick(others)
    const end = async (): Promise<void> => heal(cluster.all)
    switch (random.below(3)) {
      case 0:
        target.machine.link?.deafTo(others.map(hostOf))
        return { said: `${target.name} hears nobody, all hear it`, end }
      case 1:
        for (const node of others) node.machine.link?.deafTo([hostOf(target)])
        return { said: `nobody hears ${target.name}, it hears all`, end }
      default:
        target.machine.link?.deafTo([hostOf(one)])
        return { said: `${target.name} does not hear ${one.name}`, end }
    }
  },
}

/** A part of the packets to one node is lost. */
export const loss: Fault = {
  kind: 'loss',
  sort: 'network',
  absent: needsLinks,
  async begin({ cluster, random }, target) {
    const others = cluster.nodes.filter((node) => node !== target)
    const percent = random.pick([5, 20, 50])
    target.machine.link?.lossy(others.map(hostOf), percent)
    return {
      said: `${percent} % of what ${target.name} should hear is lost`,
      end: async () => target.machine.link?.lossy([], 0),
    }
  },
}

export function heal(nodes: readonly NodeProcess[]): void {
  for (const { machine } of nodes) machine.link?.deafTo([])
}
