/** The vocabulary. */
import { clock } from './clock.ts'
import { members, transfer } from './cluster.ts'
import { amnesia, damage, disk, wipe } from './disk.ts'
import type { Fault } from './fault.ts'
import { loss, oneWay, partition } from './network.ts'
import { kill, slow, stop, versions } from './process.ts'

export const FAULTS: readonly Fault[] = [
  kill,
  stop,
  slow,
  disk,
  wipe,
  amnesia,
  damage,
  clock,
  versions,
  partition,
  oneWay,
  loss,
  transfer,
  members,
]
