/** The vocabulary. */
import { clock } from './clock.ts'
import { transfer } from './cluster.ts'
import { amnesia, damage, disk, wipe } from './disk.ts'
import type { Fault } from './fault.ts'
import { members } from './members.ts'
import { loss, oneWay, partition } from './network.ts'
import { kill, slow, stop } from './process.ts'
import { versions } from './versions.ts'

export const FAULTS: readonly Fault[] = [
  kill,
  stop,
  slow,
  disk,
  wipe,
  amnesia,
  damage,
  clock,
  partition,
  oneWay,
  loss,
  transfer,
  versions,
  members,
]
