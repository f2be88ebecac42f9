/**
 * Why a call went where it went: as it is kept with the call, short and bounded, and as sentences for who asks. A word that a later program wrote is shown as it is.
 */
import { clean } from '../../proto/text.ts'

/** What happened, by a short word, and to what: names are cleaned and cut. */
export type TraceOp = readonly [word: string, ...about: (string | number)[]]

/** As JSON, in bytes. */
export const TRACE_BYTES = 1000
const NAME_MAX = 64
/** How short names may become when there is much to say. */
const SHORTER = [32, 16, 8, 4]
/** So many of what decided fit however much there is to say. */
const ALWAYS = 16
/** What is told only while there is room. */
const DROPPABLE = new Set(['s', 'tt', 'td', 'fl', 'dm'])

export interface Trace {
  /** What decided, or was decided. */
  add(word: string, ...about: (string | number)[]): void
  /** How many rules above that which decided are not told. */
  untold(count: number): void
  ops(): readonly TraceOp[]
}

export function newTrace(): Trace {
  const ops: TraceOp[] = []
  return {
    add: (word, ...about) => void ops.push([word, ...about.map(shown)]),
    untold: (count) => {
      if (count > 0) ops.push(['n', count])
    },
    ops: () => fitted(ops),
  }
}

function shown(part: string | number): string | number {
  return typeof part === 'number' ? part : clean(part, NAME_MAX)
}

function fitted(ops: readonly TraceOp[]): readonly TraceOp[] {
  if (bytes(ops) <= TRACE_BYTES) return ops
  const kept = [...ops]
  for (let i = kept.length - 1; i >= 0 && bytes(kept) > TRACE_BYTES; i--) {
    if (!DROPPABLE.has(kept[i]![0])) continue
    const isRule = kept[i]![0] === 's'
    const [next] = kept[i + 1] ?? []
    // What is said of rules that are not told stands after those that are.
    if (isRule && next === 'n') kept.splice(i, 2, ['n', Number(kept[i + 1]![1]) + 1])
    else if (isRule) kept.splice(i, 1, ['n', 1])
    else kept.splice(i, 1)
  }
  for (const max of SHORTER) {
    if (bytes(kept) <= TRACE_BYTES) break
    for (const [i, [word, ...about]] of kept.entries()) {
      kept[i] = [word, ...about.map((part) => (typeof part === 'number' ? part : clean(part, max)))]
    }
  }
  // What is left beyond this are ways that a call might have gone on.
  while (bytes(kept) > TRACE_BYTES && kept.length > ALWAYS) kept.splice(kept.length - 2, 1)
  return kept
}

/** Of what is short in any script there is no need to count. */
function bytes(ops: readonly TraceOp[]): number {
  const { length } = JSON.stringify(ops)
  return length * 3 <= TRACE_BYTES ? length : Buffer.byteLength(JSON.stringify(ops))
}

/** One sentence for each. */
export function sayTrace(ops: readonly TraceOp[]): string[] {
  return ops.map(([word, ...about]) => {
    const say = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined
    return say === undefined ? [word, ...about].join(' ') : say(about.map(String))
  })
}

const WHY_NOT: Readonly<Record<string, (about: string) => string>> = {
  m: () => 'does not match',
  d: (domain) => `is for ${domain}`,
  c: () => 'is for other callers',
  t: () => 'is for calls that come in by other trunks',
  n: () => 'is for other calling numbers',
  o: () => 'leads out, and the call came from outside',
  w: (times) => `is not for now: it is not ${times}`,
  u: (times) => `is not for now: it is ${times}`,
}

const WORDS: Readonly<Record<string, (about: readonly string[]) => string>> = {
  len: ([has, max]) => `what was dialled has ${has} characters; 1 to ${max} can be routed`,
  dom: ([domain]) => `${domain} is not a domain served here`,
  doc: ([document]) => `the plan of ${document} decides`,
  e: ([number]) => `${number} is an emergency number`,
  s: ([rule, match, why = '', about = '']) => `rule ${rule} (${match}) ${WHY_NOT[why]?.(about) ?? `${why} ${about}`}`,
  n: ([count]) => (count === '1' ? '1 more rule does not apply' : `${count} more rules do not apply`),
  m: ([rule, match, dialled]) => `rule ${rule} (${match}) matches ${dialled}`,
  r: ([rule, from, to]) => `rule ${rule} rewrites ${from} to ${to}`,
  rr: ([max]) => `rewritten more than ${max} times`,
  sc: ([code, service]) => `${code} is the code for ${service}`,
  nu: ([number]) => `${number} is a number of this plan`,
  ho: ([number]) => `${number} is a number of this plan: it stays here`,
  o: ([number, owner]) => `${number} is a number of ${owner}`,
  us: ([aor]) => `${aor} is a user`,
  no: ([aor]) => `no rule, number or user is ${aor}`,
  f: ([who, when, to]) => `${who} forwards ${when === 'always' ? 'all calls' : `when ${when}`} to ${to}`,
  fl: ([who, to]) => `what ${who} forwards to leads nowhere: ${to}`,
  fc: ([who]) => `the forwards go round in a circle: they come back to ${who}`,
  fd: ([max]) => `forwarded more than ${max} times`,
  dn: ([who]) => `${who} does not want to be disturbed`,
  dm: ([who, group]) => `${who} of ${group} does not want to be disturbed`,
  g: ([group, ring]) => `group ${group} rings ${ring}`,
  gn: ([group]) => `nobody of group ${group} can be rung`,
  un: ([what, name]) => `there is no ${what} ${name}`,
  tg: ([group, order, ...trunks]) => `trunk group ${group} (${order}): ${trunks.join(', ')}`,
  t: ([trunk]) => `trunk ${trunk}`,
  tt: ([trunk, tenant]) => `trunk ${trunk} is left out: it is ${tenant}'s`,
  td: ([trunk, state, why]) => `trunk ${trunk} is left out: it is ${state}${why ? ` (${why})` : ''}`,
  ta: ([group]) => `no trunk of ${group} is up: all are tried`,
  ca: ([who, name, number, by]) => `${who} may dial ${number} by class ${name}${by ? ` (${by})` : ''}`,
  cd: ([who, name, number, by]) => `${who} may not dial ${number} by class ${name}${by ? ` (${by})` : ''}`,
  cu: ([who, name]) => `${who} has the class ${name}, which is not in the plan`,
  x: ([status, reason]) => `refused: ${status} ${reason}`,
  b: () => 'the steps are too many: the rest is left out',
}
