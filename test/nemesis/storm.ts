/** Lets the planned faults strike, lane by lane, and puts each right again. */
import type { Fault, Running, Scene } from './faults/fault.ts'
import type { NodeProcess } from './node.ts'
import { randomOf } from './random.ts'
import type { Lane, Planned } from './schedule.ts'
import { sleep } from './until.ts'

export interface Storm {
  readonly lanes: readonly Lane[]
  readonly faults: ReadonlyMap<string, Fault>
  readonly scene: Omit<Scene, 'random'>
  readonly over: AbortSignal
  say(line: string): void
}

const LOOK_EVERY_MS = 100

/** Resolves with how often each kind struck, when all is put right. A lane that is late strikes later, never twice at once. */
export async function storm({ lanes, faults, scene, over, say }: Storm): Promise<Map<string, number>> {
  const struck = new Map<string, number>()
  /** As long as one disk is not mended no other is harmed: what is left might be too little. */
  let unmended = false
  const begun = performance.now()
  const now = (): number => (performance.now() - begun) / 1000
  const at = (): string => `${now().toFixed(1).padStart(6)} s`

  /** What strikes now, and whether it is something that must be alone. */
  let striking = 0
  let alone = false
  /** Resolves when the fault may strike, and counts it; false: the run is over. */
  const turn = async (fault: Fault): Promise<boolean> => {
    while (alone || (fault.alone && striking > 0)) if (!(await sleep(LOOK_EVERY_MS, over))) return false
    striking++
    alone = fault.alone ?? false
    return true
  }

  const strike = async (planned: Planned, fault: Fault): Promise<void> => {
    if (fault.harmsDisks && unmended)
      return say(`${at()}  ${planned.kind}: a disk that was harmed before is not mended`)
    const drawn = planned.who === 'leader' ? await scene.cluster.leader() : scene.cluster.nodes[planned.who]
    const target = targetOf(scene.cluster.nodes, drawn ?? null, fault)
    if (target === null) return say(`${at()}  ${planned.kind}: nobody is free for it`)
    if (fault.sort === 'process') target.busy = true
    let running: Running | null = null
    const found: Scene['found'] = (finding) => {
      if (!finding.good && fault.harmsDisks) unmended = true
      scene.found(finding)
    }
    try {
      running = await fault.begin({ ...scene, found, random: randomOf(planned.seed) }, target)
      struck.set(planned.kind, (struck.get(planned.kind) ?? 0) + 1)
      say(`${at()}  ${planned.kind}: ${running.said}`)
      await sleep(1000 * (planned.ends - planned.begins), over)
    } catch (error) {
      scene.found({
        what: 'faults could be injected',
        good: false,
        said: `${planned.kind}: ${(error as Error).message}`,
      })
    }
    await running?.end()
    if (fault.sort === 'process') target.busy = false
    if (running) say(`${at()}  ${planned.kind}: over`)
  }

  await Promise.all(
    lanes.map(async (lane) => {
      for (const planned of lane) {
        if (!(await sleep(1000 * (planned.begins - now()), over))) return
        const fault = faults.get(planned.kind)
        if (fault === undefined) throw new Error(`there is no fault ${planned.kind}`)
        if (!(await turn(fault))) return
        await strike(planned, fault)
        striking--
        if (fault.alone) alone = false
      }
    }),
  )
  return struck
}

/** Whom it strikes now: the one that was drawn, or the next that is free. */
function targetOf(nodes: readonly NodeProcess[], drawn: NodeProcess | null, { sort }: Fault): NodeProcess | null {
  const first = drawn === null ? 0 : nodes.indexOf(drawn)
  const inOrder = [...nodes.slice(first), ...nodes.slice(0, first)]
  return inOrder.find((node) => sort === 'network' || (!node.busy && node.runs)) ?? null
}
