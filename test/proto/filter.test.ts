/** What a filter keeps: one grammar for the command line, the terminal screen and the node, and no expression takes long. */
import test from 'ava'
import fc from 'fast-check'
import { readFilter } from '../../proto/filter.ts'
import { found, readSearch } from '../../proto/search.ts'

const ALICE = ['3f1c', 'answered', 'sip:Alice@pbx.test', '+4930123', 'n1']
const BOB = ['77aa', 'ringing', 'sip:bob@pbx.test', '1002', 'n2']

const kept = (filter: string): string => {
  const read = readFilter(filter)
  if (read.kind === 'invalid') return read.why
  return [ALICE, BOB].map((words, i) => (read.passes(words) ? 'AB'[i] : '')).join('')
}

test('plain text is looked for in all words, letter case ignored', (t) => {
  t.is(kept(''), 'AB')
  t.is(kept('aLiCe'), 'A')
  t.is(kept('pbx.test'), 'AB')
  t.is(kept('pbx.test 1002'), 'B', 'from one word into the next')
  t.is(kept('pbx?test'), '')
  t.is(kept('a/b'), '')
})

test('a regular expression is looked for in each word, letter case ignored', (t) => {
  t.is(kept('/^\\+49'), 'A')
  t.is(kept('/^49/'), '')
  t.is(kept('/^\\d{4}$/'), 'B')
  t.is(kept('/ALICE|ringing'), 'AB')
  t.is(kept('/sip:[A-B]'), 'AB')
  t.is(kept('/test \\+'), '', 'no word has a part of two')
  t.is(kept('/a\\/'), '', 'an escaped slash is part of it')
})

test('! keeps the others, -f what has these characters in this order', (t) => {
  t.is(kept('!alice'), 'B')
  t.is(kept('!/^\\+49/'), 'B')
  t.is(kept('!-f bpt'), 'A')
  t.is(kept('-f apt'), 'A')
  t.is(kept('-f BPT'), 'B')
  t.is(kept('-f tpb'), '')
})

test('a sign with nothing behind it is no filter yet', (t) => {
  for (const filter of ['!', '/', '//', '-f', '-f ', '!/', '!-f']) t.is(kept(filter), 'AB', filter)
})

test('what is wrong with an expression is named', (t) => {
  t.is(kept('/a(b'), '"(" is not closed; write \\( for the character')
  t.is(kept('!/*'), '* repeats nothing; write \\* for the character')
  t.regex(kept('/a(?=b)'), /of groups with \? there is only/)
  t.regex(kept('x'.repeat(257)), /longer than 256 characters/)
})

const atom = fc.constantFrom('a', 'B', '1', '.', '[aB]', '[^a]', '\\d', '\\w', '[A-C1]', '[^A-B]', '^', '$', '\\+')
const times = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}')
const { expression } = fc.letrec<{ expression: string; item: string }>((tie) => ({
  item: fc
    .tuple(
      fc.oneof(
        { weight: 4, arbitrary: atom },
        { weight: 1, arbitrary: tie('expression').map((inner) => `(${inner})`) },
      ),
      times,
    )
    // What takes nothing is not repeated.
    .map(([one, many]) => (one === '^' || one === '$' ? one : one + many)),
  expression: fc
    .array(fc.array(tie('item'), { maxLength: 3 }), { minLength: 1, maxLength: 3, depthIdentifier: 'e' })
    .map((ways) => ways.map((items) => items.join('')).join('|')),
}))
const text = fc.array(fc.constantFrom('a', 'A', 'b', 'B', '1', '+', 'é'), { maxLength: 7 }).map((all) => all.join(''))

test('an expression is found where the engine of the language finds it', (t) => {
  let [yes, no] = [0, 0]
  fc.assert(
    fc.property(expression, fc.array(text, { minLength: 8, maxLength: 8 }), (source, texts) => {
      const read = readSearch(source)
      // Empty, or too many groups.
      if (read.kind === 'invalid') return true
      return texts.every((one) => {
        const isFound = found(read.search, one)
        if (isFound) yes++
        else no++
        return isFound === new RegExp(source, 'is').test(one)
      })
    }),
    { numRuns: 2_000 },
  )
  t.true(yes > 1_000 && no > 1_000, `${yes} found, ${no} not`)
})

test('what may come of an expression is bounded: it is refused, or a text costs one step a character', (t) => {
  t.regex(kept('/(a|b)*a(a|b){20}'), /too much may come of it; repeat less/)
  t.regex(kept('/(\\d{1,60}){2}\\d{1,60}'), /more than 256 states/)
  const read = readSearch('(a+)+$')
  t.true(read.kind === 'search' && !found(read.search, `${'a'.repeat(100_000)}!`))
})
