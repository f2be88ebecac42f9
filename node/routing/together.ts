/** What is wrong between documents that are sound by themselves: what two of them claim, and what one means that none has. */
import type { Plan } from '../../cluster/tables/plan-rows.ts'
import { clean } from '../../proto/text.ts'
import { closest } from '../closest.ts'
import { type Path, sayPath } from '../yaml.ts'
import { normalForm } from './number.ts'
import { circlesIn, KINDS, namesOf, type Reference, referencesOf } from './references.ts'

export interface Together {
  /** The document that it is told of. */
  readonly document: string
  /** As in faults of one document. */
  readonly path: string
  readonly message: string
}

export interface Named {
  /** Of the document. */
  readonly name: string
  readonly plan: Plan
}

export interface Known {
  /** Those that there are; absent: that is not known. */
  readonly trunks?: ReadonlySet<string>
  /** Trunk → the tenant whose it is. */
  readonly owners?: ReadonlyMap<string, string>
  /** The document that is new: what two claim is its fault. */
  readonly newest?: string
}

export function checkTogether(
  plans: readonly Named[],
  { trunks, owners = new Map(), newest }: Known = {},
): { readonly faults: readonly Together[]; readonly warnings: readonly Together[] } {
  const faults: Together[] = []
  const warnings: Together[] = []
  const into =
    (list: Together[], document: string) =>
    (path: Path, message: string): void => {
      list.push({ document, path: sayPath(path), message })
    }
  // The order of the documents says nothing: what is told must not depend on it. What two claim is the newest one's fault.
  const isNewest = ({ name }: Named): number => (name === newest ? 1 : 0)
  const all = [...plans].sort((a, b) => isNewest(a) - isNewest(b) || (a.name < b.name ? -1 : 1))
  const shared = sharedIn(all, (name) => into(faults, name))
  checkClaims(all, (name) => into(faults, name))
  const used = new Set<string>()
  for (const { name, plan } of all) {
    for (const [i, other] of (plan.use ?? []).entries()) {
      used.add(other)
      if (!shared.has(other)) into(faults, name)(['use', i], noShared(other, [...shared.keys()]))
    }
    if (plan.shared !== undefined) continue
    const borrowed = (plan.use ?? []).flatMap((other) => shared.get(other) ?? [])
    checkMeant({ name, plan }, borrowed, into(faults, name), into(warnings, name), trunks)
    checkTrunks(plan, borrowed, into(faults, name), owners)
  }
  for (const [name, { plan, name: document }] of shared) {
    if (!used.has(name)) into(warnings, document)(['shared'], `no plan uses ${clean(name)}`)
    for (const { kind, name: meant, path } of referencesOf(plan)) {
      if (kind !== 'trunk' || trunks === undefined || namesOf(plan).trunk.includes(meant) || trunks.has(meant)) continue
      into(warnings, document)(path, noTrunk(meant, [...trunks]))
    }
  }
  return { faults, warnings }
}

type Tell = (path: Path, message: string) => void

function sharedIn(all: readonly Named[], tell: (document: string) => Tell): ReadonlyMap<string, Named> {
  const shared = new Map<string, Named>()
  for (const { name, plan } of all) {
    if (plan.shared === undefined) continue
    const other = shared.get(plan.shared)
    if (other === undefined) shared.set(plan.shared, { name, plan })
    else tell(name)(['shared'], `${clean(plan.shared)} is what ${clean(other.name)} is shared as already`)
  }
  return shared
}

/** Whose calls they are must not depend on the order of documents. */
function checkClaims(all: readonly Named[], tell: (document: string) => Tell): void {
  const owners = {
    tenant: new Map<string, string>(),
    domain: new Map<string, string>(),
    number: new Map<string, string>(),
  }
  const claim = (kind: keyof typeof owners, what: string, document: string, path: Path): void => {
    const owner = owners[kind].get(what)
    if (owner !== undefined && owner !== document) {
      tell(document)(path, `${clean(what)} is a ${kind} of the plan ${clean(owner)} already`)
    } else owners[kind].set(what, document)
  }
  for (const { name, plan } of all) {
    if (plan.tenant !== undefined) claim('tenant', plan.tenant, name, ['tenant'])
    for (const [i, domain] of plan.domains.entries()) claim('domain', domain, name, ['domains', i])
    for (const { number } of plan.numbers ?? []) {
      claim('number', normalForm(number, plan.country) ?? number, name, ['numbers', number])
    }
    for (const { aor, numbers } of plan.users) {
      for (const [i, number] of numbers.entries()) {
        const normal = normalForm(number, plan.country)
        // An extension is of its domain alone.
        if (normal !== null) claim('number', normal, name, ['users', aor, 'numbers', i])
      }
    }
  }
}

function checkMeant(
  { name, plan }: Named,
  borrowed: readonly Named[],
  fault: Tell,
  warn: Tell,
  trunks: ReadonlySet<string> | undefined,
): void {
  const own = namesOf(plan)
  const theirs = borrowed.map((other) => namesOf(other.plan))
  const known = (kind: Reference['kind']): string[] => [...own[kind], ...theirs.flatMap((names) => names[kind])]
  const check = (reference: Reference, tell: Tell, where: string): void => {
    const { kind, name: meant, path } = reference
    const names = known(kind)
    if (names.includes(meant)) return
    if (kind !== 'trunk') tell(path, `${where}there is no ${KINDS[kind]} ${clean(meant)}${hint(meant, names)}`)
    else if (trunks !== undefined && !trunks.has(meant)) warn(path, where + noTrunk(meant, [...names, ...trunks]))
  }
  for (const reference of referencesOf(plan)) check(reference, fault, '')
  for (const other of borrowed) {
    for (const reference of referencesOf(other.plan)) {
      if (reference.kind === 'trunk') continue
      const where = `${clean(other.name)}, which ${clean(name)} uses, says ${sayPath(reference.path)}: `
      check({ ...reference, path: ['use'] }, fault, where)
    }
  }
  for (const group of plan.trunkGroups ?? []) {
    for (const [i, { trunk }] of group.trunks.entries()) {
      if (trunks !== undefined && !trunks.has(trunk)) {
        warn(['trunk_groups', group.name, 'trunks', i], noTrunk(trunk, [...trunks]))
      }
    }
  }
  if (borrowed.length === 0) return
  // By itself it was looked at when it was read.
  for (const { round } of circlesIn(joined(plan, borrowed))) {
    fault(
      ['use'],
      `with what it uses, it goes round in a circle: ${round
        .slice(0, 8)
        .map((one) => clean(one))
        .join(', then ')}`,
    )
  }
}

/** No plan leads out by a trunk of another tenant. */
function checkTrunks(plan: Plan, borrowed: readonly Named[], fault: Tell, owners: ReadonlyMap<string, string>): void {
  if (owners.size === 0) return
  const groups = new Set([plan, ...borrowed.map((other) => other.plan)].flatMap((one) => namesOf(one).trunk))
  const check = (trunk: string, path: Path, where: string): void => {
    const owner = owners.get(trunk)
    if (owner === undefined || owner === plan.tenant) return
    fault(path, `${where}the trunk ${clean(trunk)} is ${clean(owner)}'s`)
  }
  for (const { trunk, path } of trunksOf(plan, groups)) check(trunk, path, '')
  for (const other of borrowed) {
    for (const { trunk, path } of trunksOf(other.plan, groups)) {
      check(trunk, ['use'], `${clean(other.name)}, which this plan uses, says ${sayPath(path)}: `)
    }
  }
}

/** The trunks that a document names itself. `groups`: names that mean a group. */
function* trunksOf(plan: Plan, groups: ReadonlySet<string>): Iterable<{ readonly trunk: string; readonly path: Path }> {
  for (const { kind, name, path } of referencesOf(plan)) {
    if (kind === 'trunk' && !groups.has(name)) yield { trunk: name, path }
  }
  for (const { name, trunks } of plan.trunkGroups ?? []) {
    for (const [i, { trunk }] of trunks.entries()) yield { trunk, path: ['trunk_groups', name, 'trunks', i] }
  }
}

/** As they are linked: what stands first has the name. */
function joined(plan: Plan, borrowed: readonly Named[]): Plan {
  const all = [plan, ...borrowed.map((other) => other.plan)]
  const groups = new Map(
    all
      .flatMap((one) => one.groups ?? [])
      .reverse()
      .map((group) => [group.name, group]),
  )
  return { ...plan, rules: all.flatMap(({ rules }) => rules), groups: [...groups.values()] }
}

function noShared(name: string, known: readonly string[]): string {
  return `there is no shared plan ${clean(name)}${hint(name, known)}`
}

function noTrunk(name: string, known: readonly string[]): string {
  return `there is no trunk or trunk group ${clean(name)}${hint(name, known)}`
}

function hint(name: string, known: readonly string[]): string {
  const meant = closest(name, known)
  return meant === null ? '' : `; did you mean ${meant}?`
}
