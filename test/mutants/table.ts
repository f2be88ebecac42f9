/** What is printed of the catalogue, and of what came of it. */
import type { Mutant } from './mutant.ts'

export interface Tried {
  readonly mutant: Mutant
  /** Why it counts as survived; absent when it was killed. */
  readonly survived?: string
  /** What the test said when it failed. */
  readonly said?: string
  /** The first seed of the simulator that saw it, or 'unseen'; absent where it was not asked, or cannot see it. */
  readonly storm?: string
  readonly ms: number
}

export function list(mutants: readonly Mutant[]): string {
  return mutants.map(({ name, file, why }) => `${name.padEnd(34)} ${file.padEnd(32)} ${why}`).join('\n')
}

export function markdown(tried: readonly Tried[]): string {
  const withStorm = tried.some(({ storm }) => storm !== undefined)
  const head = ['planted bug', 'stands for', 'in', 'killed by', ...(withStorm ? ['swarm'] : [])]
  const rows = tried.map(({ mutant, survived, storm }) => {
    const killer = `${mutant.killer.file.replace('test/cluster/', '')}: ${mutant.killer.title}`
    return [
      mutant.name,
      mutant.why,
      mutant.file.replace('cluster/', ''),
      survived === undefined ? killer : `**survived**: ${survived}`,
      ...(withStorm ? [storm ?? ''] : []),
    ]
  })
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(escaped).join(' | ')} |`).join('\n')
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
