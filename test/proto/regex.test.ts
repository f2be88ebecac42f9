/** Regular expressions of plans: what they match is what the language's own engine says, and none takes long. */
import test from 'ava'
import fc from 'fast-check'
import { type Regex, readRegex, run, STATES_MAX } from '../../proto/regex.ts'

function regex(text: string): Regex {
  const read = readRegex(text)
  if (read.kind === 'invalid') throw new Error(`${text}: ${read.why}`)
  return read.regex
}

const whyNot = (text: string): string => {
  const read = readRegex(text)
  return read.kind === 'invalid' ? read.why : 'it reads'
}

const atom = fc.constantFrom('a', 'b', '1', '.', '[ab]', '[^a]', '\\d', '[0-1b]', '\\+')
const times = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{0,}')
const { expression } = fc.letrec<{ expression: string; item: string }>((tie) => ({
  item: fc
    .tuple(
      fc.oneof(
        { weight: 4, arbitrary: atom },
        { weight: 1, arbitrary: tie('expression').map((inner) => `(${inner})`) },
        { weight: 1, arbitrary: tie('expression').map((inner) => `(?:${inner})`) },
      ),
      times,
    )
    .map((parts) => parts.join('')),
  expression: fc
    .array(fc.array(tie('item'), { maxLength: 3 }), { minLength: 1, maxLength: 3, depthIdentifier: 'e' })
    .map((ways) => ways.map((items) => items.join('')).join('|')),
}))
const text = fc.array(fc.constantFrom('a', 'b', '1', '+', 'c'), { maxLength: 7 }).map((all) => all.join(''))

test('an expression matches what the engine of the language matches, and takes with its groups the same', (t) => {
  let matched = 0
  fc.assert(
    fc.property(expression, fc.array(text, { minLength: 8, maxLength: 8 }), (source, texts) => {
      const read = readRegex(source)
      // Too many states or groups, or empty.
      if (read.kind === 'invalid') return true
      for (const one of texts) {
        const mine = run(read.regex, one)
        const theirs = new RegExp(`^(?:${source})$`).exec(one)
        if ((mine === null) !== (theirs === null)) return false
        if (mine !== null) matched++
        // Of a group that is repeated the two keep different rounds, as engines do.
        const isPlain = !/\)[*+?{]/.test(source)
        if (
          mine !== null &&
          isPlain &&
          mine.join() !==
            theirs!
              .slice(1)
              .map((one) => one ?? '')
              .join()
        )
          return false
      }
      return true
    }),
    { numRuns: 1500 },
  )
  t.true(matched > 1000, `${matched} matched`)
})

test('what every match begins with is known before', (t) => {
  t.is(regex('\\+49(30|40)\\d+').prefix, '+49')
  t.is(regex('^0049.*$').prefix, '0049')
  t.is(regex('a|b').prefix, '')
  t.is(regex('1?2').prefix, '')
})

test('expressions that make other engines hang are done at once, and what would grow is refused', (t) => {
  const hostile = 'a'.repeat(128)
  for (const source of ['(a*)*b', '(a|a)*b', '(a|aa)+b', '(.*)(.*)(.*)(.*)b', `${'a?'.repeat(60)}b`]) {
    t.is(run(regex(source), hostile), null, source)
  }
  t.not(run(regex('(a|aa)+b'), `${hostile.slice(1)}b`), null)
  t.true(regex('(a{8}){8}').program.length <= STATES_MAX)
  t.regex(whyNot('(((a{64}){64}){64}){64}'), /states/)
  t.regex(whyNot('(?:(?:(?:(?:){64}){64}){64}){64}'), /states/)
  t.regex(whyNot('('.repeat(40) + ')'.repeat(40)), /deeper|groups/)
  t.regex(whyNot('a'.repeat(257)), /at most 256 characters/)
})

test('what is not known is refused in words', (t) => {
  for (const [source, why] of [
    ['(?=a)', /only \(\?:/],
    ['(a)\\1', /not known/],
    ['a**', /not known/],
    ['a*?', /not known/],
    ['[b-a]', /does not go up/],
    ['[a', /not closed/],
    ['(a', /not closed/],
    ['a)', /closes nothing/],
    ['*a', /repeats nothing/],
    ['a^b', /only at the beginning/],
    ['a{3,1}', /more to less/],
    ['a{x}', /count/],
    ['', /empty/],
    ['[]', /empty/],
    ['\\', /not known/],
  ] as const) {
    t.regex(whyNot(source), why, source)
  }
})
