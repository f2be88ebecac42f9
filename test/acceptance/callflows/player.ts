/** One SIPp that plays one side of a flow, and is told by the test when to go on. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Lab, until } from '../lab.ts'
import { DOMAIN, PASSWORD, PHONES } from './cast.ts'
import { CUE, DIALOG, type Step, scenarioOf } from './script.ts'
import { type Message, readTrace, rungOf } from './trace.ts'

export interface Side {
  /** One of PHONES. */
  readonly phone: string
  /** Whom it calls; nobody: itself. */
  readonly to?: string
  readonly steps: readonly Step[]
  readonly password?: string
}

/**
 * Phones have an address of this process alone: on 127.0.0.1 a port that is free between two flows may be another
 * program's for a moment, and what is sent to that one comes here.
 */
export const HOST = `127.${128 + ((process.pid >> 16) & 63)}.${(process.pid >> 8) & 255}.${process.pid & 255}`

let played = 0
const DIALOG_OF = /\{dialog of ([^}]+)\}/g

/** Where a registered phone is found. Who only calls is somewhere else each time, where nobody looks for him later. */
export function portOf(phone: string): number {
  return PHONES[phone]!.contact === undefined ? 20_000 + played : 10_000 + Object.keys(PHONES).indexOf(phone)
}

export const BOUND_MS = 30_000

export interface Player {
  trace(): readonly Message[]
  /** When so many messages were sent and heard; throws when it ended before. */
  reaches(count: number): Promise<void>
  /** When its port is open. */
  listens(): Promise<void>
  /** Tells it to go on, and what it is to know of another side's dialog. */
  cue(dialog?: string): void
  /** Tells it that it was the last message, and waits for its end. */
  dismiss(): Promise<void>
  kill(): Promise<void>
  errors(): string
}

/** `dialogOf` a side that plays already. */
export function startPlayer(lab: Lab, name: string, side: Side, dialogOf = (_side: string) => ''): Player {
  const { phone, to, steps, password = PASSWORD } = side
  const { user, node } = PHONES[phone]!
  const port = portOf(phone)
  const folder = path.join(lab.dir, 'callflows', `${++played} ${name}`)
  mkdirSync(folder, { recursive: true })
  const media = `192.0.2.${10 + Object.keys(PHONES).indexOf(phone)}:4000`
  const who = { user, password, to: to ?? user, domain: DOMAIN, media }
  writeFileSync(
    path.join(folder, 'scenario.xml'),
    scenarioOf(steps, who).replace(DIALOG_OF, (_, other: string) => dialogOf(other)),
  )
  const calls = steps[0]?.kind === 'sends'
  const args = [lab.nodes[node]!.sip, '-sf', 'scenario.xml', '-i', HOST, '-p', String(port), '-m', '1']
  args.push('-nostdin', '-default_behaviors', 'abortunexp', '-trace_msg', '-message_file', 'messages')
  args.push('-trace_err', '-error_file', 'errors', '-recv_timeout', String(BOUND_MS), '-timeout', '60s')
  const child = spawn('sipp', args, { cwd: folder, stdio: 'ignore', env: { ...process.env, TERM: 'xterm' } })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const trace = (): readonly Message[] => readTrace(path.join(folder, 'messages'))

  function cue(dialog = 'none'): void {
    const callId = trace()[0]?.header('call-id')
    const socket = createSocket('udp4')
    const lines = [
      `${CUE} sip:${user}@${HOST}:${port} SIP/2.0`,
      'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-cue' + played++,
      'From: <sip:the.test@test.invalid>;tag=test',
      `To: <sip:${user}@${DOMAIN}>`,
      `Call-ID: ${callId}`,
      `CSeq: 1 ${CUE}`,
      `${DIALOG}: ${dialog}`,
      'Content-Length: 0',
    ]
    socket.send(`${lines.join('\r\n')}\r\n\r\n`, port, HOST, () => socket.close())
  }

  return {
    trace,
    async reaches(count) {
      await until(
        `${name}: ${count} messages`,
        async () => ({ messages: trace().map(rungOf), over: isOver(child) }),
        ({ messages, over }) => messages.length >= count || over,
        BOUND_MS,
      )
      if (isOver(child)) throw new Error(`${name} ended early`)
    },
    async listens() {
      if (!calls) await until(`${name} listens`, async () => isBound(port), Boolean, BOUND_MS)
    },
    cue,
    async dismiss() {
      cue()
      await until(`${name} ends`, async () => isOver(child), Boolean, BOUND_MS)
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    errors() {
      try {
        return readFileSync(path.join(folder, 'errors'), 'utf8').slice(-2_000)
      } catch {
        return ''
      }
    },
  }
}

function isOver({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function isBound(port: number): boolean {
  const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0')
  const bytes = HOST.split('.').map((byte) => hex(Number(byte), 2))
  const local = ` ${bytes.reverse().join('')}:${hex(port, 4)} `
  return readFileSync('/proc/net/udp', 'latin1').includes(local)
}
