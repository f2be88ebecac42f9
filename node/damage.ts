/** Where the shape of a document is wrong, so that what is sound can still be checked for its meaning. Pure. */

type Path = readonly PropertyKey[]

export interface Damage {
  /** Whether something is wrong at this path, above it or below it: then nothing can be concluded from what is there. */
  at(path: Path): boolean
  /** Whether the mapping at this path has a key that is not known: it may stand for any that is missing. */
  unknownIn(path: Path): boolean
}

export interface Holes {
  readonly value: unknown
  readonly damage: Damage
}

/** A document with holes: undefined may stand anywhere. */
export type Holed<T> = T extends readonly (infer Each)[]
  ? readonly (Holed<Each> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Holed<T[K]> | undefined }
    : T

/**
 * Makes a hole at each wrong path of a freshly made value, which it changes. A key that is not known stays where it is;
 * a key whose value is wrong stays too, so that it still counts as given.
 */
export function holed(value: unknown, wrong: readonly Path[], unknown: readonly Path[]): Holes {
  const mappings = new Set(unknown.map((path) => JSON.stringify(path.slice(0, -1))))
  const at = new Set<string>()
  const above = new Set<string>()
  let whole = value
  for (const path of [...wrong, ...unknown]) {
    at.add(JSON.stringify(path))
    for (let depth = 0; depth < path.length; depth++) above.add(JSON.stringify(path.slice(0, depth)))
  }
  for (const path of wrong) whole = withHole(whole, path)
  const damaged = (path: Path): boolean => {
    if (at.size === 0) return false
    if (above.has(JSON.stringify(path))) return true
    for (let depth = 0; depth <= path.length; depth++) if (at.has(JSON.stringify(path.slice(0, depth)))) return true
    return false
  }
  return { value: whole, damage: { at: damaged, unknownIn: (path) => mappings.has(JSON.stringify(path)) } }
}

export const UNDAMAGED: Damage = { at: () => false, unknownIn: () => false }

function withHole(whole: unknown, path: Path): unknown {
  const last = path.at(-1)
  if (last === undefined) return undefined
  const parent = path.slice(0, -1).reduce<unknown>((at, part) => (isHolder(at) ? own(at, part) : undefined), whole)
  if (isHolder(parent) && Object.hasOwn(parent, last)) parent[last] = undefined
  return whole
}

type Holder = Record<PropertyKey, unknown>

function own(holder: Holder, part: PropertyKey): unknown {
  return Object.hasOwn(holder, part) ? holder[part] : undefined
}

function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null
}
