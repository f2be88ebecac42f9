import test from 'ava'
import { sayFailure } from '../../cli/failure.ts'
import { endpoints } from '../../cli/globals.ts'
import { authorOf } from '../../cli/plan/document.ts'
import { iso, list, record, span, table } from '../../cli/print.ts'

const columns = [
  { title: 'NAME', text: (row: { name: string; count: number }) => row.name },
  { title: 'COUNT', text: (row: { name: string; count: number }) => String(row.count), right: true },
]

test('a table is aligned by what is seen, wide characters and all, and shows no escape sequence', (t) => {
  const text = table(columns, [
    { name: '日本', count: 7 },
    { name: 'e\u001b[31m', count: 12345 },
  ])
  t.is(text, 'NAME       COUNT\n日本           7\ne\\x1b[31m  12345\n')
})

test('a list is an array in JSON, a line a row in NDJSON, and valid when it is empty', (t) => {
  const rows = [{ name: 'a', count: 1 }]
  t.deepEqual(JSON.parse(list('json', columns, rows)), rows)
  t.is(list('ndjson', columns, rows), '{"name":"a","count":1}\n')
  t.is(list('json', columns, []), '[]\n')
  t.is(list('ndjson', columns, []), '')
  t.is(record('table', { id: 'x', node: null }), 'id    x\nnode  -\n')
})

test('a time that is not yet is null, and a span has its two largest units', (t) => {
  t.is(iso(0), null)
  t.is(iso(1_000), '1970-01-01T00:00:01.000Z')
  t.deepEqual([0, 59_999, 185_000, 3_900_000, 90_000_000].map(span), ['0s', '59s', '3m05s', '1h05m', '1d01h'])
})

test('a failure is a sentence for people and an object for programs', (t) => {
  t.is(sayFailure('conflict', 'it \u001b[2J moved', 'table'), 'raftel: it \\x1b[2J moved')
  t.deepEqual(JSON.parse(sayFailure('no quorum', 'why', 'json')), {
    error: { code: 'NO_QUORUM', message: 'why', exit: 6 },
  })
})

test('endpoints come from the flag, else the environment, else the default', (t) => {
  const given = { output: 'table', timeout: 1 } as const
  const env = { XDG_STATE_HOME: '/nowhere', RAFTEL_ENDPOINTS: '127.0.0.1:2' }
  t.deepEqual(endpoints({ ...given, endpoints: '127.0.0.1:1, n2:9' }, env), ['127.0.0.1:1', 'n2:9'])
  t.deepEqual(endpoints(given, env), ['127.0.0.1:2'])
  t.deepEqual(endpoints(given, { XDG_STATE_HOME: '/nowhere' }), ['127.0.0.1:7060'])
  t.throws(() => endpoints({ ...given, endpoints: 'nonsense' }, env), { message: /host:port/ })
  t.throws(() => endpoints({ ...given, dir: '/nowhere' }, env), { message: /no lab in \/nowhere/ })
  t.throws(() => endpoints({ ...given, endpoints: '' }, {}), { message: /--endpoints is empty/ })
})

test('who commits a plan under a number that has no name is called by the number', (t) => {
  const nameless = (): string => {
    throw new Error('uv_os_get_passwd returned ENOENT')
  }
  t.is(
    authorOf(() => 'ann'),
    'ann',
  )
  t.regex(authorOf(nameless), /^uid \d+$/)
})
