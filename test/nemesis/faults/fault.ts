/** What every fault is: it begins, says what it did, and can be ended. */
import type { ClusterUnderTest } from '../cluster.ts'
import type { NodeProcess } from '../node.ts'
import type { OldVersion } from '../old-version.ts'
import type { Random } from '../random.ts'

/** What this machine and this command line make possible. */
export interface Means {
  /** Nodes have a network of their own. */
  readonly links: boolean
  readonly strace: boolean
  readonly faketime: boolean
  /** cli/main.js of the program before this one, or why there is none. */
  readonly old: OldVersion
}

/** Something that must hold, and whether it does. */
export interface Finding {
  readonly what: string
  readonly good: boolean
  readonly said: string
}

export interface Scene {
  readonly cluster: ClusterUnderTest
  readonly means: Means
  /** Where faults leave their traces. */
  readonly dir: string
  readonly random: Random
  found(finding: Finding): void
  say(line: string): void
}

export interface Running {
  /** What was done, to whom. */
  readonly said: string
  /** Puts it right; resolves when a node that was wiped or damaged votes again. */
  end(): Promise<void>
}

export interface Fault {
  /** Names it on the command line. */
  readonly kind: string
  /**
   * Faults of processes, of the network, and what an operator does with the whole cluster, overlap; each sort is a lane. A fault of a
   * process has its target for itself; an operator must ask for every node that is stopped, see ClusterUnderTest.hold.
   */
  readonly sort: 'process' | 'network' | 'operator'
  /** It takes from a disk what was promised, or changes how many disks make a majority: one at a time, never at more than a minority. */
  readonly harmsDisks?: boolean
  /** Nothing else strikes while it does: it needs the others whole. */
  readonly alone?: boolean
  /** Why it cannot be had; null: it can. */
  absent(means: Means): string | null
  begin(scene: Scene, target: NodeProcess): Promise<Running>
}

export const always = (): null => null
