/** Plays a call flow with SIPp on one lab that all flows share, and judges what every side sent and heard. */
import type { ExecutionContext } from 'ava'
import { type Lab, until, withLab } from '../lab.ts'
import { addUsers, registrationsAt } from '../users.ts'
import { DOMAIN, PASSWORD, PHONES, PLAN } from './cast.ts'
import { BOUND_MS, HOST, type Player, portOf, type Side, startPlayer } from './player.ts'
import { faultsOf } from './rules.ts'
import { hears, rung, sends } from './script.ts'
import { type Message, replacesOf, rungOf } from './trace.ts'

export interface Flow {
  /** As the RFC counts: `3665 §3.9`. */
  readonly section: string
  readonly title: string
  readonly sides: Readonly<Record<string, Side>>
  /** What happens to the cluster before. */
  readonly before?: (lab: Lab) => Promise<void>
  /** What is particular about this flow, beside the order of its messages and what holds for all of them. */
  readonly judge?: (t: ExecutionContext, heard: Readonly<Record<string, readonly Message[]>>) => void
}

let stage: Promise<Lab> | null = null
let left: Promise<void> = Promise.resolve()
const leaving = Promise.withResolvers<void>()

/** Brings the lab up for the first flow that wants it. */
function enter(t: ExecutionContext): Promise<Lab> {
  if (stage !== null) return stage
  const { promise, resolve, reject } = Promise.withResolvers<Lab>()
  stage = promise
  left = withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
    const users = [...new Set(Object.values(PHONES).map(({ user }) => user)), 'nobody']
    await lab.commitPlan(PLAN)
    await addUsers(
      lab.client(),
      users.map((user) => `${user}@${DOMAIN}`),
      PASSWORD,
    )
    const names = Object.keys(PHONES).filter((name) => PHONES[name]?.contact !== undefined)
    for (const name of names) await register(lab, name)
    for (const node of lab.nodes) {
      const rows = (): Promise<unknown[]> => registrationsAt(lab.client(node.id))
      await until('all phones at every node', rows, ({ length }) => length === names.length)
    }
    resolve(lab)
    await leaving.promise
  })
  left.catch(reject)
  return stage
}

/** To be called when the last flow is over. */
export async function leave(): Promise<void> {
  leaving.resolve()
  // What went wrong is told by the flow that waited for the lab.
  await left.catch(() => undefined)
}

async function register(lab: Lab, phone: string): Promise<void> {
  const { user, contact } = PHONES[phone]!
  const where = contact?.address ?? `${HOST}:${portOf(phone)}`
  const headers = [`Contact: <sip:${user}@${where}>${contact?.params}`, 'Expires: 600']
  const steps = [
    sends('REGISTER', { headers }),
    hears(401, 'REGISTER'),
    sends('REGISTER', { headers }),
    hears(200, 'REGISTER'),
  ]
  const player = startPlayer(lab, `registers ${phone}`, { phone, steps })
  await player.reaches(steps.length)
  await player.dismiss()
}

export async function play(t: ExecutionContext, flow: Flow): Promise<void> {
  t.timeout(180_000)
  const lab = await enter(t)
  await flow.before?.(lab)
  const players = new Map<string, Player>()
  const later = new Set(
    Object.values(flow.sides).flatMap(({ steps }) =>
      steps.flatMap((step) => (step.kind === 'meanwhile' || step.kind === 'begins' ? step.sides : [])),
    ),
  )
  t.teardown(() => Promise.all([...players.values()].map((player) => player.kill())))

  const act = async (names: readonly string[]): Promise<void> => {
    const chosen = names.map((name) => [name, flow.sides[name]!] as const)
    // Who is called first, so that nobody calls him before he is there.
    chosen.sort(([, a], [, b]) => Number(a.steps[0]?.kind === 'sends') - Number(b.steps[0]?.kind === 'sends'))
    for (const [name, side] of chosen) {
      const dialogOf = (other: string): string => replacesOf(players.get(other)?.trace() ?? [])
      const player = startPlayer(lab, `${flow.section.replace(/\W+/g, '-')} ${name}`, side, dialogOf)
      players.set(name, player)
      await player.listens()
    }
    await Promise.all(
      chosen.map(async ([name, { steps }]) => {
        const player = players.get(name)!
        let done = 0
        const begun: Promise<void>[] = []
        for (const step of steps) {
          if (step.kind === 'meanwhile') {
            await player.reaches(done)
            await act(step.sides)
            player.cue()
          } else if (step.kind === 'begins') {
            await player.reaches(done)
            const running = act(step.sides)
            running.catch(() => undefined)
            begun.push(running)
            player.cue()
          } else if (step.kind === 'awaits') {
            await player.reaches(done)
            const heardBy = (side: string): readonly Message[] => players.get(side)?.trace() ?? []
            await until(
              `${step.side}: ${step.rung}`,
              async () => heardBy(step.side).map(rungOf),
              (rungs) => rungs.filter((one) => one === step.rung).length >= step.times,
              BOUND_MS,
            )
            player.cue(encodeURIComponent(replacesOf(heardBy(step.side))))
          } else if (rung(step) !== null) done++
        }
        await player.reaches(done)
        await Promise.all(begun)
      }),
    )
  }
  const failure = await act(Object.keys(flow.sides).filter((name) => !later.has(name))).then(
    () => null,
    (error: Error) => error,
  )
  if (failure === null) {
    await until(
      'no call is left',
      () => callsOf(lab),
      ({ length }) => length === 0,
      BOUND_MS,
    )
    for (const player of players.values()) await player.dismiss()
  } else {
    // The next flow is another's.
    for (const id of await callsOf(lab)) await lab.raftel(['call', 'hangup', id])
  }

  const heard: Record<string, readonly Message[]> = {}
  for (const [name, player] of players) heard[name] = player.trace()
  const errors = [...players].map(([name, player]) => `${name}: ${player.errors()}`).join('\n')
  t.deepEqual(
    mapped(heard, (messages) => messages.map(rungOf)),
    mapped(flow.sides, ({ steps }) => steps.flatMap((step) => rung(step) ?? [])),
    errors,
  )
  t.deepEqual(
    mapped(heard, faultsOf),
    mapped(heard, () => []),
  )
  if (failure !== null) throw failure
  flow.judge?.(t, heard)
}

function mapped<T, R>(from: Readonly<Record<string, T>>, of: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, of(value)]))
}

/** As the last node knows them: a flow may kill the first. */
function callsOf(lab: Lab): Promise<string[]> {
  return new Promise((resolve, reject) => {
    lab
      .client(lab.nodes.at(-1)?.id)
      .listCalls({ limit: 10 }, (error, page) =>
        error ? reject(error) : resolve((page?.rows ?? []).map(({ id }) => id)),
      )
  })
}
