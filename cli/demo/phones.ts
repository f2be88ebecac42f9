/** The phones of the demo: pairs that call each other over and over, each phone at another node, some over TCP. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '../../cluster/logger.ts'
import { type CallReport, type Phone, startPhone } from '../../node/phone/phone.ts'
import { Failure } from '../failure.ts'
import type { LabReport } from '../lab/lab.ts'

export const DOMAIN = 'pbx.test'
export const PASSWORD = 'demonstration'

/** Caller, called, and what the caller dials: names, numbers of the directory, and a hunt list. */
const PAIRS = [
  { from: 'alice', to: 'bob', dial: 'bob' },
  { from: 'carol', to: 'dave', dial: '1004' },
  { from: 'erin', to: 'frank', dial: '9100' },
] as const

export const USERS = PAIRS.flatMap(({ from, to }) => [from, to])

/** Directory numbers 1001… in the order of the users, a list that rings one after the other, and a number refused. */
export const PLAN = `# The plan of the demonstration.
domains: [${DOMAIN}]
users:
${USERS.map((user, i) => `  ${user}@${DOMAIN}: {name: ${user[0]?.toUpperCase()}${user.slice(1)}, numbers: ['${1001 + i}']}`).join('\n')}
rules:
  - name: sales
    match: '9100'
    hunt: {order: serial, users: [frank@${DOMAIN}, dave@${DOMAIN}], seconds: 15}
  - name: premium
    match: '900.'
    reject: {status: 403, reason: Premium numbers are barred}
`

export interface Tally {
  calls: number
  answered: number
  heard: number
}

export interface Phones {
  readonly tally: Tally
  /** Lets the calls that are up come to their end, then unregisters and closes every phone. */
  close(): Promise<void>
}

const TALK_SECONDS = 4
const BETWEEN_MS = 700

/** Registers every phone, then lets each pair call until closed; `told` hears of every call that ended. */
export async function ring(lab: LabReport, log: Logger, told: (report: CallReport) => void): Promise<Phones> {
  const phones: Phone[] = []
  const tally: Tally = { calls: 0, answered: 0, heard: 0 }
  const stop = new AbortController()
  const close = async (): Promise<void> => {
    stop.abort()
    await Promise.all(loops)
    await Promise.all(phones.map((phone) => phone.close()))
  }
  let loops: Promise<void>[] = []
  try {
    for (const [i, user] of USERS.entries()) phones.push(await register(lab, user, i, log))
  } catch (error) {
    await close()
    throw error
  }
  loops = PAIRS.map(async ({ from, to, dial }, i) => {
    const caller = phones.find((phone) => phone.aor === `${from}@${DOMAIN}`)
    if (caller === undefined) throw new Error(`no phone of ${from}`)
    // Not all at once: there should always be one to see.
    await rest(i * BETWEEN_MS, stop.signal)
    while (!stop.signal.aborted) {
      const report = await caller.call(`${dial}@${DOMAIN}`, { seconds: TALK_SECONDS, peer: `${to}@${DOMAIN}` })
      tally.calls++
      if (report.answered) tally.answered++
      if (report.heard) tally.heard++
      told(report)
      await rest(BETWEEN_MS, stop.signal)
    }
  })
  return { tally, close }
}

async function register(lab: LabReport, user: string, index: number, log: Logger): Promise<Phone> {
  const node = lab.nodes[index % lab.nodes.length]
  if (node === undefined) throw new Error('a lab without nodes')
  const phone = await startPhone({
    aor: `${user}@${DOMAIN}`,
    password: PASSWORD,
    registrar: index % 3 === 2 ? `${node.sip};transport=tcp` : node.sip,
    host: '127.0.0.1',
    log,
  })
  const outcome = await phone.register()
  if (outcome.kind === 'registered') return phone
  await phone.close()
  throw new Failure(
    'failed',
    `${user} could not register at ${node.id}: ${JSON.stringify(outcome)}; its log is in ${lab.dir}/logs`,
  )
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined)
}
