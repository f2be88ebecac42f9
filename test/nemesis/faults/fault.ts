/** What every fault is: it begins, says what it did, and can be ended. */
import type { ClusterUnderTest } from '../cluster.ts'
import type { NodeProcess } from '../node.ts'
import type { Random } from '../random.ts'

/** What this machine and this command line make possible. */
export interface Means {
  /** Nodes have a network of their own. */
  readonly links: boolean
  readonly strace: boolean
  readonly faketime: boolean
  /** cli/main.js of another build; null: none was given. */
  readonly old: string | null
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
  /** Faults of the network, and what is asked of the whole cluster, overlap with those of processes, each sort in a lane. */
  readonly sort: 'process' | 'network'
  /** It takes from a disk what was promised: never at more than a minority. */
  readonly harmsDisks?: boolean
  /** Nothing else strikes while it does: it needs the others whole. */
  readonly alone?: boolean
  /** Why it cannot be had; null: it can. */
  absent(means: Means): string | null
  begin(scene: Scene, target: NodeProcess): Promise<Running>
}

export const always = (): null => null
