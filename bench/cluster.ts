/** A lab of real node processes, started by the real command line, for the bench to load. */
import { spawnSync } from 'node:child_process'
import { credentials } from '@grpc/grpc-js'
import { controlProto } from '../proto/load.ts'
import type { ControlClient } from '../proto/types/raftel/v1/Control.ts'

export interface LabNode {
  readonly id: string
  readonly pid: number
  readonly sip: string
  readonly control: string
  readonly media: 'rtpengine' | 'direct'
}

export interface Lab {
  readonly dir: string
  readonly nodes: readonly LabNode[]
  readonly leader: string
}

export function raftel(args: readonly string[], input = ''): string {
  const done = spawnSync('bin/raftel', args, { input, encoding: 'utf8', maxBuffer: 64 << 20 })
  if (done.status !== 0) throw new Error(`raftel ${args.join(' ')}: exit ${done.status}: ${done.stderr}`)
  return done.stdout
}

export function labUp(dir: string, media: 'rtpengine' | 'direct'): Lab {
  return JSON.parse(raftel(['lab', 'up', '--nodes', '3', '--dir', dir, '--detach', '--media', media])) as Lab
}

export function labDown(dir: string): void {
  raftel(['lab', 'down', '--dir', dir])
}

export function controlOf(node: LabNode): ControlClient {
  const { Control } = controlProto()
  return new Control(node.control, credentials.createInsecure())
}
