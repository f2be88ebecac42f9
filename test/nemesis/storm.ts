/** Lets the planned faults strike, lane by lane, and puts each right again. */
import type { Fault, Running, Scene } from './faults/fault.ts'
import type { NodeProcess } from './node.ts'
import { randomOf } from './random.ts'
import type { Lane, Planned } from './schedule.ts'
import { sleep } from './until.ts'

export interface Storm {
  readonly lanes: readonly Lane[]
  readonly faults: ReadonlyMap<string, Fault>
  readonly scene: Omit<Scene, 'random' | 'say'>
  readonly over: AbortSignal
  say(line: string): void
}

const LOOK_EVERY_MS = 100

/** Resolves with how often each kind struck, when all is put right. A lane that is late
 * strikes later, never twice at once, and leaves out what has struck before. */
export async function storm({ lanes, faults, scene, over, say }: Storm): Promise<Map<string, number>> {
  const struck = new Map<string, number>()
  /** As long as one disk is not mended no other is harmed: what is left might be too little. */
  let unmended = false
  const begun = performance.now()
  const now = (): number => (performance.now() - begun) / 1000
  const at = (): string => `${now().toFixed(1).padStart(6)} s`

  /** What strikes now, and whether it is something that must be alone. */
  const striking = new Set<Fault>()
  /** Has waited longest of those that must be alone: nothing new begins before it. */
  let next: Fault | null = null
  const mayStrike = (fault: Fault): boolean => {
    const others = [...striking]
    if (next !== null && next !== fault) return false
    if (others.some(({ alone }) => alone) || (fault.alone && others.length > 0)) return false
    return !fault.harmsDisks || others.every(({ harmsDisks }) => !harmsDisks)
  }
  /** Resolves when the fault may strike, and counts it; false: the run is over, or it is too late for another of that kind. */
  const turn = async (fault: Fault, { kind, ends }: Planned): Promise<boolean> => {
    do {
      if (over.aborted || (struck.has(kind) && now() > ends)) {
        if (next === fault) next = null
        return false
      }
      if (mayStrike(fault)) {
        striking.add(fault)
        if (next === fault) next = null
        return true
      }
      if (fault.alone) next ??= fault
    } while (await sleep(LOOK_EVERY_MS, over))
    return false
  }

  const strike = async (planned: Planned, fault: Fault): Promise<void> => {
    if (fault.harmsDisks && unmended)
      return say(`${at()}  ${planned.kind}: a disk that was harmed before is not mended`)
    const drawn =
      planned.who === 'leader'
        ? await scene.cluster.leader()
        : scene.cluster.nodes[planned.who % scene.cluster.nodes.length]
    const target = targetOf(scene.cluster.nodes, drawn ?? null, fault)
    if (target === null) return say(`${at()}  ${planned.kind}: nobody is free for it`)
    const holds = fault.sort === 'process'
    if (holds) target.busy = true
    let running: Running | null = null
    const found: Scene['found'] = (finding) => {
      if (!finding.good && fault.harmsDisks) unmended = true
      scene.found(finding)
    }
    try {
      const own = {
        ...scene,
        found,
        random: randomOf(planned.seed),
        say: (line: string) => say(`${at()}  ${planned.kind}: ${line}`),
      }
      running = await fault.begin(own, target)
      struck.set(planned.kind, (struck.get(planned.kind) ?? 0) + 1)
      say(`${at()}  ${planned.kind}: ${running.said}`)
      // An operator's work takes its time by itself.
      const lasts = fault.sort === 'operator' ? Math.max(1, planned.ends - now()) : planned.ends - planned.begins
      await sleep(1000 * lasts, over)
    } catch (error) {
      scene.found({
        what: 'faults could be injected',
        good: false,
        said: `${planned.kind}: ${(error as Error).message}`,
      })
    }
    try {
      await running?.end()
    } catch (error) {
      scene.found({
        what: 'faults could be put right',
        good: false,
        said: `${planned.kind}: ${(error as Error).message}`,
      })
    }
    if (holds) target.busy = false
    if (running) say(`${at()}  ${planned.kind}: over`)
  }

  await Promise.all(
    lanes.map(async (lane) => {
      for (const planned of lane) {
        if (!(await sleep(1000 * (planned.begins - now()), over))) return
        const fault = faults.get(planned.kind)
        if (fault === undefined) throw new Error(`there is no fault ${planned.kind}`)
        if (!(await turn(fault, planned))) continue
        await strike(planned, fault)
        striking.delete(fault)
      }
    }),
  )
  return struck
}

/** Whom it strikes now: the one that was drawn, or the next that is free. */
function targetOf(nodes: readonly NodeProcess[], drawn: NodeProcess | null, { sort }: Fault): NodeProcess | null {
  const first = drawn === null ? 0 : nodes.indexOf(drawn)
  const inOrder = [...nodes.slice(first), ...nodes.slice(0, first)]
  return inOrder.find((node) => sort !== 'process' || (!node.busy && node.runs)) ?? null
}
