/**
 * What one seed has to live with, the nodes' settings included. Each draws its own: a uniform mix of faults finds less than
 * many different extremes (swarm testing). Chances are per tick, and per node where a node is hit.
 */
import { LIMITS, type Limits } from '../../../cluster/options.ts'
import type { Random } from '../raft/simulator/random.ts'

export interface Weather {
  readonly nodes: number
  readonly tickMs: number
  /** How long it lasts. */
  readonly stormTicks: number
  readonly snapshotEvery: number
  readonly keepEntries: number
  readonly nodeDownMs: number
  readonly limits: Partial<Limits>
  readonly network: NetworkWeather
  readonly disk: DiskWeather
  /** Of a node's clock for a second of true time: 1 ± this. */
  readonly drift: number
  /** The wall clock of a node is set anew. */
  readonly wallJump: number
  readonly crash: number
  /** Of the crashes, those that come right at one of the next writes. */
  readonly atWrite: number
  /** Of the crashes, those that take the disk's cache with them. */
  readonly powerLoss: number
  /** A node that is stopped and started again in order. */
  readonly stop: number
  readonly downTicks: number
  readonly pause: number
  readonly pauseTicks: number
  readonly transfer: number
  readonly cut: number
  readonly mend: number
  /** Of the starts, those at another address. */
  readonly move: number
  /** The operator begins to change the members. */
  readonly membership: number
  readonly clients: ClientWeather
}

export interface NetworkWeather {
  /**
   * As over TCP: a stream keeps its order, loses nothing, and breaks when it is cut for long. Otherwise each frame goes its own
   * way, which is more than the product's transport does to it, and what the core must bear all the same.
   */
  readonly ordered: boolean
  readonly latencyMs: number
  readonly jitterMs: number
  readonly loss: number
  readonly twice: number
  readonly oneWay: boolean
  /** Links are cut one by one instead of between two groups. */
  readonly partial: boolean
  /** Of the cuts, those that leave the leader alone. */
  readonly leader: number
  /** Of those, the ones in which the next write of the leader takes until after the cut. */
  readonly leaderStalls: number
}

export interface DiskWeather {
  /** A sync takes between a tenth of this and this. */
  readonly syncMs: number
  /** Of the syncs, those that take much longer. */
  readonly stall: number
  readonly stallTicks: number
  /** Of the writes that replace entries of an older leader, those that the process does not survive. */
  readonly crashAtRewrite: number
  /** What is torn is torn at multiples of this. */
  readonly sector: number
  /** Writes that were not synced survive a loss of power with this chance, each on its own. */
  readonly survives: number
  readonly eio: number
  readonly full: number
  readonly flip: number
  readonly hole: number
  readonly rollback: number
  readonly oldFrontier: number
  readonly wipe: number
  /** The file `member` is gone or damaged. */
  readonly member: number
}

export interface ClientWeather {
  readonly count: number
  readonly thinkTicks: number
  readonly timeoutTicks: number
  /** How many phones share one address of record. */
  readonly aors: number
  readonly roam: number
}

/** Of the seeds, those in which nothing but disks goes wrong: leaders stay, and live with what a node has lost. */
export const MILD = 0.15

export function weatherOf(random: Random, isMild: boolean): Weather {
  const weather = withMembers(random, roughWeatherOf(random))
  return isMild ? { ...weather, crash: 0, stop: 0, pause: 0, cut: 0, transfer: 0 } : weather
}

/** Half of the seeds change members, for longer. */
function withMembers(random: Random, weather: Weather): Weather {
  const disk = { ...weather.disk, member: random.chance(0.3) ? random.next() * 0.01 : 0 }
  const move = random.pick([0, 0.2, 1])
  if (random.chance(0.5)) return { ...weather, disk, move }
  const nodes = random.pick([1, 1, 2, 3, 3, 3, 5])
  return {
    ...weather,
    disk,
    move,
    nodes,
    membership: random.pick([0.02, 0.1, 0.5]),
    stormTicks: weather.stormTicks + 100,
  }
}

function roughWeatherOf(random: Random): Weather {
  const rarely = (p: number, max: number): number => (random.chance(p) ? random.next() * max : 0)
  const ordered = random.chance(0.5)
  return {
    nodes: random.pick([1, 2, 3, 3, 3, 3, 3, 4, 5, 5]),
    tickMs: random.pick([50, 100]),
    stormTicks: 60 + random.below(140),
    snapshotEvery: random.pick([3, 10, 30, 100, 100_000]),
    keepEntries: random.pick([0, 1, 5, 30, 1000]),
    nodeDownMs: random.pick([1500, 4000, 10_000]),
    limits: {
      maxSizePerMsg: random.pick([0, 300, 2000, LIMITS.maxSizePerMsg]),
      maxCommittedSizePerReady: random.pick([1, 1000, LIMITS.maxCommittedSizePerReady]),
      maxUncommittedEntriesSize: random.pick([
        2000,
        LIMITS.maxUncommittedEntriesSize,
        LIMITS.maxUncommittedEntriesSize,
      ]),
      maxInflightMsgs: random.pick([1, 2, 16]),
      pieceBytes: random.pick([100, 1000, LIMITS.pieceBytes]),
    },
    network: {
      ordered,
      latencyMs: random.pick([0.1, 1, 10]),
      jitterMs: random.pick([0, 1, 20, 200]),
      loss: ordered ? 0 : rarely(0.6, 0.3),
      twice: ordered ? 0 : rarely(0.4, 0.2),
      oneWay: random.chance(0.3),
      partial: random.chance(0.3),
      leaderStalls: random.pick([0, 0.5]),
      leader: random.pick([0, 0.5, 0.9]),
    },
    disk: {
      syncMs: random.pick([0.1, 1, 10, 60, 200]),
      stall: rarely(0.4, 0.05),
      stallTicks: random.pick([5, 30, 80]),
      crashAtRewrite: random.pick([0, 0, 0.5]),
      sector: random.pick([1, 16, 512]),
      survives: random.pick([0, 0.5, 0.9]),
      eio: rarely(0.3, 0.004),
      full: rarely(0.2, 0.004),
      flip: rarely(0.35, 0.008),
      hole: rarely(0.25, 0.006),
      rollback: rarely(0.25, 0.006),
      oldFrontier: rarely(0.2, 0.004),
      wipe: rarely(0.35, 0.006),
      member: 0,
    },
    drift: random.pick([0, 0.001, 0.05, 0.1]),
    wallJump: rarely(0.4, 0.02),
    crash: rarely(0.7, 0.02),
    atWrite: random.pick([0, 0.5, 1]),
    powerLoss: random.pick([0, 0.5, 1]),
    stop: rarely(0.3, 0.01),
    downTicks: random.pick([3, 15, 60]),
    pause: rarely(0.4, 0.015),
    pauseTicks: random.pick([8, 30, 80]),
    transfer: rarely(0.4, 0.03),
    cut: rarely(0.7, 0.08),
    mend: 0.01 + random.next() * 0.1,
    move: 0,
    membership: 0,
    clients: {
      count: 1 + random.below(4),
      thinkTicks: random.pick([0.3, 1, 4]),
      timeoutTicks: random.pick([15, 30, 60]),
      aors: 1 + random.below(3),
      roam: random.pick([0, 0.2, 1]),
    },
  }
}
