import test from 'ava'
import { parse } from './options.ts'

const DEFAULTS = { rounds: 3, json: false } as const

test('what is not said is as it was', (t) => {
  t.deepEqual(parse(DEFAULTS, []), { rounds: 3, json: false })
  t.deepEqual(parse(DEFAULTS, ['--rounds', '12', '--json']), { rounds: 12, json: true })
  t.is(parse(DEFAULTS, ['--help', '--json']), null)
})

test('what makes no sense is said in one sentence that names it', (t) => {
  t.throws(() => parse(DEFAULTS, ['--rounds', 'many']), { message: '--rounds is a whole number, not "many"' })
  t.throws(() => parse(DEFAULTS, ['--rounds=-1']), { message: /whole number/ })
  t.throws(() => parse(DEFAULTS, ['--round', '1']), { message: /Unknown option '--round'/ })
})
