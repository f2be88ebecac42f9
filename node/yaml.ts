/**
 * A YAML document that a person wrote, against a schema: the value, or everything that is wrong with it and where.
 * Used for the node's configuration and for routing plans.
 */
import { isMap, isNode, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml'
import { z } from 'zod'
import { clean } from '../proto/text.ts'
import { closest } from './closest.ts'
import { type Damage, holed } from './damage.ts'

export interface Fault {
  /** Both count from 1. */
  readonly line: number
  readonly column: number
  /** `rules[3].match`; empty for the document as a whole. */
  readonly path: string
  readonly message: string
  /** It is no fault, but stands for so many more. */
  readonly more?: number
}

export interface Place {
  readonly line: number
  readonly column: number
}

export type Path = readonly PropertyKey[]

export type YamlRead<T> =
  | { readonly kind: 'ok'; readonly value: T; lineOf(path: Path): Place }
  /** `sound` is there where the text is YAML: what is left to be checked when its shape is wrong in places. */
  | { readonly kind: 'faults'; readonly faults: readonly Fault[]; readonly sound?: Sound }

/** A document whose shape is wrong in places, without these places. */
export interface Sound {
  /** What was written, undefined where its shape is wrong: everything else is as the schema wants it, before transforms. */
  readonly value: unknown
  readonly damage: Damage
  lineOf(path: Path): Place
}

export interface YamlOptions {
  /**
   * 'typed' (YAML 1.2 core): `5` is a number. 'text': every scalar is the text that was written, so that a telephone
   * number keeps its zeros and its plus.
   */
  readonly scalars?: 'typed' | 'text'
}

/** A document longer than this is not read. */
export const YAML_BYTES_MAX = 1024 * 1024
const ALIASES_MAX = 100
const DEPTH_MAX = 64
export const FAULTS_MAX = 100
const TOO_DEEP = 'the document is nested too deeply; flatten it'
const TWICE = 'this key is given twice; keep one'
/** The library reports an exhausted stack as a syntax error with the engine's words. */
const OVERFLOW = /stack (overflow|size)/i

/** Reads `text` and checks it. Unknown keys are refused wherever the schema is a `z.strictObject`. */
export function readYaml<T>(text: string, schema: z.ZodType<T>, options: YamlOptions = {}): YamlRead<T> {
  const oversize = Buffer.byteLength(text) > YAML_BYTES_MAX
  if (oversize) return whole(`the document is larger than ${YAML_BYTES_MAX} bytes; split or shorten it`)
  if (depthOf(text) > DEPTH_MAX) return whole(`brackets are nested deeper than ${DEPTH_MAX}; flatten the document`)

  const lines = new LineCounter()
  const document = compose(text, lines, options.scalars ?? 'typed')
  if (document === null) return whole(TOO_DEEP)

  const syntax = [...document.errors, ...document.warnings]
  if (syntax.some((e) => OVERFLOW.test(e.message))) return whole(TOO_DEEP)
  if (syntax.length > 0) {
    return faulty(syntax.map((e) => ({ ...place(lines, e.pos[0]), path: '', message: clean(e.message, 300) })))
  }
  const twice = keysGivenTwice(document.contents, [])
  const lineOf = (path: Path): Place => place(lines, offsetOf(document.contents, path))

  let raw: unknown
  try {
    raw = document.toJS({ maxAliasCount: ALIASES_MAX })
  } catch (error) {
    // The library throws here for nothing but aliases: unresolved, or expanding to too much.
    return whole(clean(error instanceof Error ? error.message : String(error), 300))
  }
  const checked = schema.safeParse(raw)
  if (checked.success && twice.length === 0) return { kind: 'ok', value: checked.data, lineOf }
  const issues = checked.error?.issues ?? []
  // Placing a fault walks the document: only as many as will be told.
  const faults = [
    ...twice.map(({ offset, path }) => ({ ...place(lines, offset), path: sayPath(path), message: TWICE })),
    ...issues.slice(0, FAULTS_MAX).flatMap((issue) => faultsOf(issue, document.contents, lines, schema)),
    ...surplus(issues.slice(FAULTS_MAX).reduce((sum, issue) => sum + countOf(issue), 0)),
  ]
  const unknown = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [],
  )
  const misshapen = issues.filter((issue) => issue.code !== 'unrecognized_keys').map(({ path }) => path)
  const holes = holed(raw, [...twice.map(({ path }) => path), ...misshapen], unknown)
  return { kind: 'faults', faults: inOrder(faults), sound: { ...holes, lineOf } }
}

/** One line a fault, as compilers say it: `plan.yaml:12:5: rules[3].match: …`. */
export function sayFaults(file: string, faults: readonly Fault[]): string {
  return faults
    .map((f) =>
      f.more === undefined
        ? `${file}:${f.line}:${f.column}: ${f.path === '' ? '' : `${f.path}: `}${f.message}`
        : f.message,
    )
    .join('\n')
}

/** `['rules', 3, 'match']` → `rules[3].match`. */
export function sayPath(path: Path): string {
  return path
    .map((part, i) => {
      if (typeof part === 'number') return `[${part}]`
      const name = clean(String(part), 80)
      return i === 0 ? name : `.${name}`
    })
    .join('')
}

/** Faults in the order of the document; the first of them, and how many more there are. */
export function inOrder(faults: readonly Fault[]): Fault[] {
  const all = faults.filter(({ more }) => more === undefined).sort((a, b) => a.line - b.line || a.column - b.column)
  const told = all.slice(0, FAULTS_MAX)
  return [...told, ...surplus(totalOf(faults) - told.length)]
}

/** How many faults there are, those with them that are not told. */
export function totalOf(faults: readonly Fault[]): number {
  return faults.reduce((sum, { more = 1 }) => sum + more, 0)
}

/** What stands for so many faults that are not told. */
export function surplus(more: number): Fault[] {
  return more > 0 ? [{ line: 0, column: 0, path: '', message: `and ${more} more`, more }] : []
}

function compose(text: string, lineCounter: LineCounter, scalars: 'typed' | 'text') {
  try {
    const schema = scalars === 'typed' ? 'core' : 'failsafe'
    return parseDocument(text, { lineCounter, schema, uniqueKeys: false, prettyErrors: false, logLevel: 'warn' })
  } catch (error) {
    // The parser recurses; block nesting deep enough to exhaust the stack is the author's fault, not ours.
    if (error instanceof RangeError) return null
    throw error
  }
}

/** Bracket depth counted without parsing: an upper bound, cheap enough for hostile text. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (const character of text) {
    if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth)
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1)
    else if (character === '\n') depth = 0
  }
  return deepest
}

/** Our own check: the library's compares each key of a mapping with all before it, minutes for a document of 1 MiB. */
function keysGivenTwice(node: unknown, path: Path): { offset: number; path: Path }[] {
  if (isSeq(node)) return node.items.flatMap((item, i) => keysGivenTwice(item, [...path, i]))
  if (!isMap(node)) return []
  const seen = new Set<string>()
  return node.items.flatMap((pair) => {
    const key = keyOf(pair.key)
    const here = [...path, key]
    const below = keysGivenTwice(pair.value, here)
    if (!seen.has(key)) {
      seen.add(key)
      return below
    }
    return [{ offset: asNode(pair.key)?.range?.[0] ?? 0, path: here }, ...below]
  })
}

function faultsOf(issue: z.core.$ZodIssue, root: ParsedNode | null, lines: LineCounter, schema: z.ZodType): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path)
    const told = issue.keys.slice(0, FAULTS_MAX).map((key) => ({
      ...place(lines, keyOffset(root, issue.path, key)),
      path: sayPath([...issue.path, key]),
      message: unknownKey(key, known),
    }))
    return [...told, ...surplus(issue.keys.length - told.length)]
  }
  const message = clean(issue.message, 300)
  return [{ ...place(lines, offsetOf(root, issue.path)), path: sayPath(issue.path), message }]
}

function countOf(issue: z.core.$ZodIssue): number {
  return issue.code === 'unrecognized_keys' ? issue.keys.length : 1
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = closest(key, known)
  if (meant !== null) return `unknown key; did you mean ${meant}?`
  return known.length === 0 ? 'unknown key' : `unknown key; known here: ${known.join(', ')}`
}

/** Where the value at `path` begins, or its nearest ancestor that is there. */
function offsetOf(root: Node | null, path: Path): number {
  let node = root
  for (const part of path) {
    const child = childOf(node, part)
    if (child === null) break
    node = child
  }
  return node?.range?.[0] ?? 0
}

function childOf(node: Node | null, part: PropertyKey): Node | null {
  if (isSeq(node) && typeof part === 'number') return asNode(node.items[part])
  if (isMap(node)) return asNode(node.items.find((pair) => keyOf(pair.key) === String(part))?.value)
  return null
}

function keyOffset(root: Node | null, path: Path, key: string): number {
  const node = path.reduce((at: Node | null, part) => childOf(at, part), root)
  const pair = isMap(node) ? node.items.find((item) => keyOf(item.key) === key) : undefined
  return asNode(pair?.key)?.range?.[0] ?? offsetOf(root, path)
}

function keyOf(key: unknown): string {
  return String(isScalar(key) ? key.value : key)
}

function asNode(value: unknown): Node | null {
  return isNode(value) ? value : null
}

/** The keys a schema knows at a path, through optionals, defaults, lists, records and unions. */
function keysAt(schema: z.core.$ZodType, path: Path): string[] {
  const [part, ...rest] = path
  const inner = bare(schema)
  if (inner instanceof z.ZodUnion) return [...new Set(inner.options.flatMap((option) => keysAt(option, path)))]
  if (inner instanceof z.ZodObject) {
    if (part === undefined) return Object.keys(inner.shape)
    const next: z.core.$ZodType | undefined = inner.shape[String(part)]
    return next === undefined ? [] : keysAt(next, rest)
  }
  if (part === undefined) return []
  if (inner instanceof z.ZodArray) return keysAt(inner.element, rest)
  if (inner instanceof z.ZodRecord) return keysAt(inner.valueType, rest)
  return []
}

function bare(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return bare(schema.unwrap())
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return bare(schema.unwrap())
  if (schema instanceof z.ZodPipe) return bare(schema.in)
  return schema
}

function place(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

function whole<T>(message: string): YamlRead<T> {
  return { kind: 'faults', faults: [{ line: 1, column: 1, path: '', message }] }
}

function faulty<T>(faults: readonly Fault[]): YamlRead<T> {
  return { kind: 'faults', faults: inOrder(faults) }
}
