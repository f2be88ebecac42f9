import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { UserPage__Output } from '../../../proto/types/raftel/v1/UserPage.ts'
import { ask, oneNode } from './node.ts'
import { raftelAt } from './raftel.ts'

const PLAN = `tenant: acme
domains: [acme.test]
users:
  bob@acme.test: {name: Bob, numbers: ['1002']}
`

async function ready(t: ExecutionContext) {
  const { client } = await oneNode(t)
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-users-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(dir, name), text)
    return path.join(dir, name)
  }
  const count = async (tenant = '') => (await ask<UserPage__Output>((done) => client.listUsers({ tenant }, done))).total
  return { client, raftel: raftelAt(client), dir, file, count }
}

test.serial(
  'what a user has set is changed field by field, shown with everything else of him, and goes with him; every change is in the audit',
  async (t) => {
    const { raftel } = await ready(t)
    const add = (aor: string) => raftel(['user', 'add', aor, '--password-stdin', '--reason', 'hired'], 'secret\n')
    t.is((await add('alice@pbx.test')).code, 0)
    t.is((await add('bob@pbx.test')).code, 0)
    const set = (...args: string[]) => raftel(['user', 'set', ...args, '-o', 'json'])
    const first = await set(
      'alice@pbx.test',
      '--name',
      'Alice',
      '--forward-no-answer',
      'bob@pbx.test',
      '--after',
      '20',
      '--dnd',
      'on',
    )
    t.is(first.code, 0, first.err)
    const pin = await raftel(['user', 'set', 'alice@PBX.test', '--pin-stdin', '--dnd', 'off', '-o', 'json'], '4711\n')
    t.is(pin.code, 0, pin.err)
    t.like(JSON.parse(pin.out), {
      name: 'Alice',
      forwardNoAnswer: 'bob@pbx.test',
      forwardAfter: 20,
      dnd: false,
      pin: '(sealed)',
    })

    const circle = await set('bob@pbx.test', '--forward-always', 'alice@pbx.test')
    t.is(circle.code, 1)
    t.regex(circle.err, /bob@pbx\.test → alice@pbx\.test → bob@pbx\.test/)
    const wrong = await set('bob@pbx.test', '--zone', 'Mars/Base', '--caller-id', '030', '--class', 'none')
    t.is(wrong.code, 2)
    for (const field of ['zone', 'caller_id', 'class']) t.regex(wrong.err, new RegExp(`${field}: `))
    t.is((await set('nobody@pbx.test', '--dnd', 'on')).code, 3)
    t.is((await set('alice@pbx.test', '--forward-no-answer', 'off')).code, 0)

    const shown = await raftel(['user', 'show', 'alice@pbx.test', '-o', 'json'])
    t.like(JSON.parse(shown.out), { aor: 'alice@pbx.test', contacts: 0, tenant: null, registrations: [], calls: [] })
    t.like(JSON.parse(shown.out).profile, { name: 'Alice', forwardNoAnswer: null, forwardAfter: 20 })
    t.is((await raftel(['user', 'rm', 'alice@pbx.test', '--reason', 'left'])).code, 0)
    t.is((await raftel(['user', 'show', 'alice@pbx.test'])).code, 3)

    const audit = JSON.parse((await raftel(['audit', 'ls', '--what', 'alice', '-o', 'json'])).out) as Record<
      string,
      unknown
    >[]
    t.deepEqual(
      audit.map(({ what, table, why }) => [what, table, why]),
      [
        ['user-remove', 'profiles', 'left'],
        ['user-remove', 'users', 'left'],
        ['profile-put', 'profiles', ''],
        ['profile-put', 'profiles', ''],
        ['profile-put', 'profiles', ''],
        ['user-put', 'users', 'hired'],
      ],
    )
    t.regex(String(audit[0]!.who), /^anonymous \(.+\)$/)
    t.regex(String(audit[0]!.from), /^127\.0\.0\.1:\d+$/)
    t.false(/4711|v1\./.test(JSON.stringify(audit)))
    const entry = await raftel(['audit', 'show', String(audit[3]!.seq)])
    t.regex(entry.out, /who +anonymous/)
    t.regex(entry.out, /^- .*"dnd": true/m)
    t.regex(entry.out, /^\+ .*"dnd": false/m)
    t.is((await raftel(['audit', 'show', '99999'])).code, 3)
    const later = await raftel(['audit', 'ls', '--since', '2999-01-01', '-o', 'json'])
    t.deepEqual(JSON.parse(later.out), [])
  },
)

test.serial(
  'an import of 1,000 users with faults in lines changes nothing and names the lines; without them it is done, and done again it changes nothing',
  async (t) => {
    const { raftel, file, count, dir } = await ready(t)
    const lines = Array.from({ length: 1_000 }, (_, i) => {
      const next = i < 999 ? `u${i + 1}@pbx.test` : ''
      return `u${i}@pbx.test,pw${i},User ${i},${next}`
    })
    const good = ['aor,password,name,forward_no_answer', ...lines]
    const bad = [...good]
    bad[7] = 'no aor,pw,X,'
    bad[500] = `u499@pbx.test,,no password,`
    bad[900] = `u3@pbx.test,pw,twice,`
    bad[1_000] = 'u999@pbx.test,pw,the circle,u0@pbx.test'
    const refused = await raftel(['user', 'import', file('bad.csv', bad.join('\n'))])
    t.is(refused.code, 1)
    const said = refused.err.split('\n')
    t.regex(said.join('\n'), /bad\.csv:8: that is no NAME@DOMAIN/)
    t.regex(said.join('\n'), /bad\.csv:501: no password/)
    t.regex(said.join('\n'), /bad\.csv:901: u3@pbx\.test is in line 5 already/)
    t.regex(said.at(-2) ?? '', /faults; nothing was changed/)
    t.is(await count(), 0)

    const ring = [...good]
    ring[1_000] = 'u999@pbx.test,pw,the circle,u990@pbx.test'
    const circle = await raftel(['user', 'import', file('ring.csv', ring.join('\n'))])
    t.is(circle.code, 1)
    t.regex(circle.err, /ring\.csv:1001: calls would be forwarded in a circle: u999@pbx\.test → u990@pbx\.test → /)
    t.regex(circle.err, /10 faults; nothing was changed/)
    t.is(await count(), 0)

    const csv = file('good.csv', good.join('\n'))
    const dry = await raftel(['user', 'import', csv, '--dry-run', '-o', 'json'])
    t.deepEqual(JSON.parse(dry.out), { users: 1_000, added: 1_000, replaced: 0, kept: 0, dryRun: true })
    t.is(await count(), 0)
    const done = await raftel(['user', 'import', csv, '-o', 'json'])
    t.like(JSON.parse(done.out), { added: 1_000, kept: 0 }, done.err)
    const again = await raftel(['user', 'import', csv, '-o', 'json'])
    t.like(JSON.parse(again.out), { added: 0, kept: 1_000 })
    t.is(await count(), 1_000)

    const exported = await raftel(['user', 'export'])
    const [head, ...rows] = exported.out.trim().split('\n')
    t.regex(head!, /^aor,name,class,caller_id,/)
    t.is(rows.length, 1_000)
    t.false(/pw\d|v1\./.test(exported.out), 'no password')
    const passwords = path.join(dir, 'passwords.csv')
    const yaml = (await raftel(['user', 'export', '--format', 'yaml'])).out
    const back = [
      'user',
      'import',
      file('back.yaml', yaml),
      '--replace',
      '--generate-passwords',
      passwords,
      '-o',
      'json',
    ]
    const replaced = await raftel(back)
    t.like(JSON.parse(replaced.out || '{}'), { replaced: 1_000, added: 0 }, replaced.err)
    t.is(statSync(passwords).mode & 0o777, 0o600)
    t.is(readFileSync(passwords, 'utf8').trim().split('\n').length, 1_001)
    t.is((await raftel(['user', 'export', '--format', 'yaml'])).out, yaml, 'out and in again it is the same')
    t.is((await raftel(back)).code, 1, 'passwords that were made once are not overwritten')
  },
)

test.serial('what a spreadsheet would run is exported as text, and read back as it was', async (t) => {
  const { raftel, file } = await ready(t)
  const csv = 'aor,password,name,caller_id\nalice@pbx.test,pw,"\'=HYPERLINK(1)",+493012345678\n'
  t.is((await raftel(['user', 'import', file('one.csv', csv)])).code, 0)
  const shown = JSON.parse((await raftel(['user', 'show', 'alice@pbx.test', '-o', 'json'])).out)
  t.like(shown.profile, { name: '=HYPERLINK(1)', callerId: '+493012345678' })
  const { out } = await raftel(['user', 'export'])
  t.regex(out, /^alice@pbx\.test,'=HYPERLINK\(1\),,'\+493012345678,/m)
  const header = await raftel(['user', 'import', file('two.csv', 'aor,passwort\na@b.c,x\n')])
  t.is(header.code, 1)
  t.regex(header.err, /the first line has a column passwort; it names columns/)
})

test.serial(
  'users, registrations, calls and plans of one tenant are listed alone; imports and forwards heed the plan',
  async (t) => {
    const { raftel, file, count } = await ready(t)
    const added = await raftel(['tenant', 'add', 'acme', '--display', 'Acme', '--currency', 'EUR', '-o', 'json'])
    t.is(added.code, 0, added.err)
    t.is((await raftel(['tenant', 'add', 'acme'])).code, 5)
    const plan = await raftel(['plan', 'commit', file('acme.yaml', PLAN), '--document', 'acme'])
    // Reading `tenant` belongs to the language of plans; without it the document is of nobody.
    if (plan.code !== 0) return t.regex(plan.err, /tenant/)
    const csv = file('users.csv', 'aor,password\nbob@acme.test,x\nann@acme.test,y\ncarl@pbx.test,z\n')
    const foreign = await raftel(['user', 'import', csv, '--tenant', 'acme'])
    t.regex(foreign.err, /users\.csv:4: carl@pbx\.test is of no domain of acme/)
    t.is((await raftel(['user', 'import', csv])).code, 0)
    t.is(await count('acme'), 2)
    t.is(await count(), 3)
    t.like(JSON.parse((await raftel(['tenant', 'show', 'acme', '-o', 'json'])).out), { domains: 'acme.test', users: 2 })
    const circle = await raftel(['user', 'set', 'ann@acme.test', '--forward-always', '1002'])
    t.is(circle.code, 0, circle.err)
    const back = await raftel(['user', 'set', 'bob@acme.test', '--forward-busy', 'ann@acme.test'])
    t.regex(back.err, /bob@acme\.test → ann@acme\.test → bob@acme\.test/, 'also by a number of the directory')
    t.is((await raftel(['tenant', 'rm', 'acme'])).code, 1)
  },
)
