/** Judges a run: what clients saw, what every node has at the end, and how processes ended. Evidence in, findings out. ◆ */
import { check } from '../cluster/linearizability/checker.ts'
import { registrar } from '../cluster/linearizability/models.ts'
import { report } from '../cluster/linearizability/report.ts'
import type { Finding } from './faults/fault.ts'
import type { Cause, Exit } from './node.ts'
import { type PlanState, planModel } from './plan-model.ts'
import type { Count, PlanOperation, Registration } from './record.ts'

export interface Evidence {
  readonly registrations: readonly Registration[]
  readonly plans: readonly PlanOperation[]
  /** In force before the first client asked. */
  readonly firstPlan: PlanState
  readonly counts: ReadonlyMap<string, Count>
  readonly surprises: readonly string[]
  readonly exits: readonly Exit[]
  /** Node → address of record → contacts, when all is healed and no client asks any more. */
  readonly bound: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>
  readonly lastPlans: ReadonlyMap<string, PlanState>
  /** Where all nodes stood at the end; null: they never stood at one index. */
  readonly settled: { readonly applied: number; readonly hash: string } | null
}

/** What a node says when its disk fails, while it runs or while it starts (cluster/log/trouble.ts). */
const DISK_WORDS = [
  /^raftel: (cluster: )?disk full: free space on .* and start the node again; nothing acknowledged is lost$/,
  /^raftel: (cluster: )?cannot write to .*: see to the disk and start the node again; nothing acknowledged is lost$/,
  /^raftel: cluster: cannot open .*; see that the disk works and that the node may write to this directory$/,
  /^raftel: .*start it again, it then repairs itself from its peers$/,
]

/** What a node says whose directory, program or membership is none of the cluster's any more (cluster/roster.ts, cluster/log/recover.ts). */
const LAST_WORDS: Partial<Record<Cause, readonly RegExp[]>> = {
  'disk failed': DISK_WORDS,
  'other directory': [
    ...DISK_WORDS,
    /^raftel: .*the data directory of \S+ is not the one that is a member of the cluster: .* raftel cluster join --replace /,
    // Nothing but the lost directory said that it was a member.
    /^raftel: (cluster: )?this node is of no cluster yet: .*raftel cluster join /,
  ],
  'older program': [
    /^raftel: .* has format 2, this program reads format 1$/,
    // It does not know that a node can join.
    /^raftel: .*cluster\.nodes: missing: list every node of the cluster, this one included$/,
  ],
  removed: [
    ...DISK_WORDS,
    /^raftel: .*this node was removed from the cluster: it has stopped, and what is in .* can be deleted; /,
  ],
}

/** So many of each must have been acknowledged, or a run shows nothing. */
const ENOUGH = 5

export function judge(evidence: Evidence): Finding[] {
  const { registrations, plans, firstPlan, settled, surprises } = evidence
  return [
    linearizable('registrations', registrations, registrar),
    linearizable('plan commits', plans, planModel(firstPlan)),
    bindings(evidence),
    planVersions(evidence),
    {
      what: 'all state hashes agree at one index',
      good: settled !== null && !settled.hash.includes(' '),
      said: settled === null ? 'the nodes never stood at one index' : `${settled.hash} at ${settled.applied}`,
    },
    exits(evidence),
    { what: 'no node fails to answer for reasons of its own', good: surprises.length === 0, said: some(surprises) },
    enough(evidence),
  ]
}

function linearizable<S, I, O>(
  what: string,
  history: Parameters<typeof check<S, I, O>>[1],
  model: Parameters<typeof check<S, I, O>>[0],
): Finding {
  const verdict = check(model, history)
  const said = `${history.length} operations, ${report(model, verdict)}`
  return { what: `the history of ${what} is linearizable`, good: verdict.kind === 'linearizable', said }
}

/**
 * The same question as the checker's, asked only of contacts whose last change nobody can doubt: acknowledged, and begun
 * after every change of the other kind had come back. A finding in words that need no search.
 */
function bindings({ registrations, bound }: Evidence): Finding {
  const wrong: string[] = []
  let judged = 0
  for (const [aor, part] of Map.groupBy(registrations, ({ key }) => key)) {
    for (const contact of contactsIn(part)) {
      const adds = part.filter(({ input }) => input.kind === 'register' && input.contact === contact)
      const removes = part.filter(({ input }) => removesIt(input, contact))
      const wanted = isLast(adds, removes) ? true : isLast(removes, adds) ? false : null
      if (wanted === null) continue
      judged++
      for (const [node, rows] of bound) {
        if ((rows.get(aor) ?? []).includes(contact) === wanted) continue
        wrong.push(
          `${contact} of ${aor} was acknowledged as ${wanted ? 'bound, and is missing' : 'gone, and is there'} at ${node}`,
        )
      }
    }
  }
  const good = wrong.length === 0 && judged > 0 && bound.size > 0
  const said = `${judged} contacts on ${bound.size} nodes${wrong.length > 0 ? `: ${some(wrong)}` : ''}`
  return { what: 'no acknowledged registration or de-registration is lost on any node', good, said }
}

function contactsIn(part: readonly Registration[]): Set<string> {
  return new Set(part.flatMap(({ input }) => ('contact' in input ? [input.contact] : [])))
}

function removesIt(input: Registration['input'], contact: string): boolean {
  return input.kind === 'de-register-all' || (input.kind === 'de-register' && input.contact === contact)
}

/** One of `these` was acknowledged, and all of `others` had come back before it was asked. */
function isLast(these: readonly Registration[], others: readonly Registration[]): boolean {
  const returns = others.map(({ outcome }) => (outcome === 'unknown' ? Number.POSITIVE_INFINITY : outcome.at))
  const last = Math.max(0, ...returns)
  return these.some(({ called, outcome }) => outcome !== 'unknown' && called > last)
}

function planVersions({ plans, lastPlans }: Evidence): Finding {
  const commits = plans
    .flatMap(({ input, called, outcome }) =>
      input.kind === 'commit' && outcome !== 'unknown' && typeof outcome.output === 'number'
        ? [{ text: input.text, called, at: outcome.at, version: outcome.output }]
        : [],
    )
    .sort((a, b) => a.version - b.version)
  const wrong = commits.slice(1).flatMap((later, i) => {
    const earlier = commits[i]!
    if (earlier.version === later.version) return [`version ${later.version} was given twice`]
    return later.at < earlier.called ? [`version ${later.version} came before version ${earlier.version}`] : []
  })
  const newest = commits.at(-1)
  for (const [node, { version, text }] of lastPlans) {
    if (newest === undefined) break
    if (version < newest.version) wrong.push(`version ${newest.version} was acknowledged, ${node} has ${version}`)
    if (version === newest.version && text !== newest.text)
      wrong.push(`${node} has another text for version ${version}`)
  }
  const said = `${commits.length} acknowledged, the last ${newest?.version ?? 'none'}`
  const good = wrong.length === 0 && lastPlans.size > 0
  return {
    what: 'acknowledged plan versions are in order, and none is lost',
    good,
    said: good ? said : `${said}: ${some(wrong)}`,
  }
}

function exits({ exits }: Evidence): Finding {
  const wrong = exits.filter(({ cause, code, words }) => {
    if (cause === 'killed' || cause === 'asked to end') return false
    return code !== 1 || !(LAST_WORDS[cause] ?? []).some((sentence) => sentence.test(words))
  })
  const said = wrong.map(
    ({ node, code, signal, cause, words }) => `${node} (${cause}): exit ${code ?? signal}: ${words}`,
  )
  const causes = [...Map.groupBy(exits, ({ cause }) => cause)].map(([cause, these]) => `${these.length} ${cause}`)
  const good = `${exits.length} ends: ${causes.join(', ') || 'none'}`
  return {
    what: 'no node ended but by our hand, or with the sentence that belongs to it',
    good: wrong.length === 0,
    said: wrong.length === 0 ? good : some(said),
  }
}

function enough({ counts }: Evidence): Finding {
  const kinds = ['register', 'de-register', 'de-register-all', 'look-up', 'commit', 'show']
  const few = kinds.filter((kind) => (counts.get(kind)?.ok ?? 0) < ENOUGH)
  return {
    what: `at least ${ENOUGH} of every kind of operation were acknowledged`,
    good: few.length === 0,
    said:
      few.length === 0
        ? kinds.map((kind) => `${kind} ${counts.get(kind)!.ok}`).join(', ')
        : `too few: ${few.join(', ')}`,
  }
}

function some(lines: readonly string[]): string {
  if (lines.length === 0) return 'none'
  const rest = lines.length > 5 ? `\n  … and ${lines.length - 5} more` : ''
  return (
    lines
      .slice(0, 5)
      .map((line) => `\n  ${line}`)
      .join('') + rest
  )
}
