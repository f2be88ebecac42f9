/** What a single copy would do. All states are values: `step` returns a new one and leaves the old alone. */

export interface Model<State, Input, Output> {
  init(): State
  /**
   * The state after the operation, or undefined when it could not have answered `known.output` here. Without `known` nobody saw
   * the answer, so any will do: what comes back is the state if it is done.
   */
  step(state: State, input: Input, known: { readonly output: Output } | undefined): State | undefined
  /** The same text for equal states, another for different ones. */
  keyOf(state: State): string
  /** Whether it changes no state whatever: such an operation is placed as soon as it fits. Needed only for speed. */
  isRead?(input: Input, output: Output): boolean
  /** For people. */
  describe(input: Input, known: { readonly output: Output } | undefined): string
  describeState(state: State): string
}

export type RegisterInput =
  | { readonly kind: 'read' }
  | { readonly kind: 'write'; readonly value: number }
  | { readonly kind: 'cas'; readonly from: number; readonly to: number }

/** What a read saw (null: nothing was written yet), or whether a cas found what it expected; a write answers true. */
export type RegisterOutput = number | boolean | null

/** One value that is read, written, and compared and set. */
export const register: Model<number | null, RegisterInput, RegisterOutput> = {
  init: () => null,
  step(state, input, known) {
    switch (input.kind) {
      case 'read':
        return known === undefined || known.output === state ? state : undefined
      case 'write':
        return input.value
      case 'cas': {
        const found = state === input.from
        if (known !== undefined && known.output !== found) return undefined
        return found ? input.to : state
      }
    }
  },
  keyOf: String,
  isRead: (input, output) => input.kind === 'read' || (input.kind === 'cas' && output === false),
  describe(input, known) {
    const answer = known === undefined ? '?' : String(known.output)
    switch (input.kind) {
      case 'read':
        return `read → ${answer}`
      case 'write':
        return `write ${input.value}${known === undefined ? ' → ?' : ''}`
      case 'cas':
        return `cas ${input.from} ${input.to} → ${answer}`
    }
  },
  describeState: String,
}

export type TextInput =
  | { readonly kind: 'get' }
  | { readonly kind: 'put'; readonly value: string }
  | { readonly kind: 'append'; readonly value: string }

/** What a get saw; the others answer nothing. */
export type TextOutput = string | undefined

/** A key whose value is text: got, put, and appended to. It begins empty. */
export const text: Model<string, TextInput, TextOutput> = {
  init: () => '',
  step(state, input, known) {
    switch (input.kind) {
      case 'get':
        return known === undefined || known.output === state ? state : undefined
      case 'put':
        return input.value
      case 'append':
        return state + input.value
    }
  },
  keyOf: String,
  isRead: (input) => input.kind === 'get',
  describe(input, known) {
    if (input.kind !== 'get') return `${input.kind} ${JSON.stringify(input.value)}${known === undefined ? ' → ?' : ''}`
    return `get → ${known === undefined ? '?' : JSON.stringify(known.output)}`
  },
  describeState: (state) => JSON.stringify(state),
}

export type RegistrarInput =
  | { readonly kind: 'register'; readonly contact: string }
  | { readonly kind: 'de-register'; readonly contact: string }
  | { readonly kind: 'de-register-all' }
  | { readonly kind: 'look-up' }

/** The contacts that are bound after it, in any order: what a 200 to a REGISTER, or a look-up, lists (RFC 3261 §10.3). */
export type RegistrarOutput = readonly string[]

/** One address of record and the contacts bound to it. Time is not in it: a history must end before a binding does. */
export const registrar: Model<string, RegistrarInput, RegistrarOutput> = {
  init: () => '',
  step(state, input, known) {
    const bound = contactsOf(state)
    if (input.kind === 'register') bound.add(input.contact)
    if (input.kind === 'de-register') bound.delete(input.contact)
    if (input.kind === 'de-register-all') bound.clear()
    const after = stateOf(bound)
    return known === undefined || stateOf(new Set(known.output)) === after ? after : undefined
  },
  keyOf: String,
  isRead: (input) => input.kind === 'look-up',
  describe(input, known) {
    const asked = 'contact' in input ? `${input.kind} ${input.contact}` : input.kind
    return `${asked} → ${known === undefined ? '?' : `{${[...known.output].sort().join(', ')}}`}`
  },
  describeState: (state) => `{${[...contactsOf(state)].join(', ')}}`,
}

/** Contacts in order, a line each: a URI has no line breaks. */
function stateOf(contacts: ReadonlySet<string>): string {
  return [...contacts].sort().join('\n')
}

function contactsOf(state: string): Set<string> {
  return new Set(state === '' ? [] : state.split('\n'))
}
