/** What an operator hears of a plan that is no good, by the command line. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Plan__Output } from '../../../proto/types/raftel/v1/Plan.ts'
import { ask, oneNode } from './node.ts'
import { raftelAt } from './raftel.ts'

async function ready(t: ExecutionContext) {
  const { client } = await oneNode(t)
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-plans-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const raftel = raftelAt(client)
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(dir, name), text)
    return path.join(dir, name)
  }
  /** Its version; 0: none. */
  const inForce = async () => (await ask<Plan__Output>((done) => client.getPlan({}, done))).version
  return { raftel, dir, file, inForce }
}

const group = (name: string, next: string) => `  ${name}: {ring: serial, users: [bob], then: {group: ${next}}}\n`
const rule = (name: string, match: string, action: string) => `  - {name: ${name}, match: "${match}", ${action}}\n`

test.serial(
  'rules that overlap are warned of and rules that are never reached are named, and the plan is good',
  async (t) => {
    const { raftel, file } = await ready(t)
    const rules = [
      rule('ones', '1.', 'user: bob'),
      rule('twelve', '12X', 'user: bob'),
      rule('ends', 'X2X', 'user: bob'),
    ].join('')
    const odd = file('odd.yaml', `domains: [pbx.test]\nusers: {bob@pbx.test: {}}\nrules:\n${rules}`)
    const said = await raftel(['plan', 'validate', odd])
    t.is(said.code, 0, said.out + said.err)
    t.regex(
      said.out,
      /^warning: .*odd\.yaml:5:\d+: rules\[1\]\.match: is never reached: rule ones \(1\.\) above takes every call/m,
    )
    t.regex(
      said.out,
      /^warning: .*odd\.yaml:6:\d+: rules\[2\]\.match: takes some of the same calls as rule ones \(1\.\) above/m,
    )
    t.regex(said.out, /^good: 3 rules, 2 warnings$/m)
    const json = JSON.parse((await raftel(['plan', 'validate', odd, '-o', 'json'])).out)
    t.like(json, { ok: true, faultsTotal: 0, warningsTotal: 2 })
    t.is((await raftel(['plan', 'commit', odd])).code, 0, 'odd is not wrong')

    const hidden = file(
      'hidden.yaml',
      `domains: [pbx.test]\nrules:\n${rule('all', '.', 'reject: {status: 403}')}${rules}`,
    )
    for (const verb of ['validate', 'commit']) {
      const { code, out, err } = await raftel(['plan', verb, hidden])
      t.is(code, 1)
      for (const i of [1, 2, 3])
        t.regex(out + err, new RegExp(`rules\\[${i}\\]\\.match: is never reached: rule all above`))
    }
  },
)

test.serial(
  'what goes round in a circle is refused: groups, forwards, documents together, and what users set beside the plan',
  async (t) => {
    const { raftel, file, inForce } = await ready(t)
    const users = 'domains: [pbx.test]\nusers: {bob@pbx.test: {numbers: ["1002"]}, alice@pbx.test: {}}\n'
    const bad = {
      groups: `${users}groups:\n${group('a', 'b')}${group('b', 'a')}`,
      forwards: `${users}rules:\n${rule('one', '71', 'forward: "72"')}${rule('two', '72', 'forward: "71"')}`,
      mixed: `${users}groups:\n  a: {ring: serial, users: [bob], then: {forward: "73"}}\nrules:\n${rule('three', '73', 'group: a')}`,
    }
    for (const [name, text] of Object.entries(bad)) {
      const given = file(`${name}.yaml`, text)
      for (const verb of ['validate', 'commit']) {
        const { code, out, err } = await raftel(['plan', verb, given])
        t.is(code, 1, name)
        t.regex(out + err, new RegExp(`${name}\\.yaml:\\d+:\\d+: \\S+: goes round in a circle: `), name)
      }
    }
    t.is(await inForce(), 0, 'nothing of it is in force')

    // Each is sound by itself.
    const house = file('house.yaml', `shared: house\ngroups:\n${group('night', 'day')}`)
    const main = file('main.yaml', `${users}use: [house]\ngroups:\n${group('day', 'night')}`)
    t.is((await raftel(['plan', 'commit', house, '--document', 'house'])).code, 0)
    for (const verb of ['validate', 'commit']) {
      const { code, out, err } = await raftel(['plan', verb, main])
      t.is(code, 1)
      t.regex(out + err, /with what it uses, it goes round in a circle: group (day|night), then group/)
    }

    const rules = [
      rule('hotline', '800', 'forward: "801"'),
      rule('desk', '801', 'user: alice'),
      rule('sales', '802', 'group: team'),
      '  - {name: night, match: "803", from: [bob], user: alice}\n',
    ].join('')
    const good = `${users}groups: {team: {ring: serial, users: [alice, bob]}}\nnumbers: {"+4930800": {user: alice}}\nrules:\n${rules}`
    t.is((await raftel(['plan', 'commit', file('good.yaml', good)])).code, 0)
    for (const aor of ['alice@pbx.test', 'bob@pbx.test']) {
      t.is((await raftel(['user', 'add', aor, '--password-stdin'], 'secret\n')).code, 0)
    }
    const forward = (aor: string, kind: string, to: string) => raftel(['user', 'set', aor, `--forward-${kind}`, to])
    for (const to of ['800', '801', '+4930800']) {
      const { code, err } = await forward('alice@pbx.test', 'always', to)
      t.is(code, 1, to)
      t.regex(err, /in a circle: alice@pbx\.test → alice@pbx\.test/, to)
    }
    t.is((await forward('alice@pbx.test', 'busy', '1002')).code, 0)
    const round = await forward('bob@pbx.test', 'no-answer', '800')
    t.is(round.code, 1)
    t.regex(round.err, /in a circle: bob@pbx\.test → alice@pbx\.test → bob@pbx\.test/)
    const rows = 'aor,password,forward_always\ncarol@pbx.test,secret,800\nalice@pbx.test,secret,carol@pbx.test\n'
    const imported = await raftel(['user', 'import', file('users.csv', rows), '--replace'])
    t.is(imported.code, 1)
    t.regex(imported.out + imported.err, /in a circle: carol@pbx\.test → alice@pbx\.test → carol@pbx\.test/)
    t.is((await forward('alice@pbx.test', 'always', '802')).code, 0, 'members of a group are rung where they are')
    t.is((await forward('alice@pbx.test', 'always', '803')).code, 0, 'it is for bob alone')

    // What users have set before holds up nobody who commits a plan, and he is told.
    const closing = file('closing.yaml', good.replace('match: "803", from: [bob]', 'match: "803"'))
    for (const verb of ['validate', 'commit']) {
      const { code, out, err } = await raftel(['plan', verb, closing])
      t.is(code, 0, err)
      t.regex(out + err, /forwards that users have set would go round: alice@pbx\.test → alice@pbx\.test/)
    }
    const again = await raftel(['plan', 'validate', closing])
    t.notRegex(again.out + again.err, /would go round/, 'it does so now')
  },
)

test.serial(
  'of 10,000 errors the first hundred are told and how many more there are; 50 MB are refused before they are read',
  async (t) => {
    const { raftel, dir, file, inForce } = await ready(t)
    const lines = Array.from({ length: 10_000 }, (_, i) => `key${i}: 1\n`).join('')
    const many = file('many.yaml', `domains: [pbx.test]\n${lines}`)
    const validated = await raftel(['plan', 'validate', many])
    t.is(validated.code, 1)
    const told = validated.out.split('\n').filter((line) => line.includes('many.yaml:'))
    t.is(told.length, 100)
    t.regex(told[0]!, /many\.yaml:2:1: key0/)
    t.regex(told[99]!, /many\.yaml:101:1: key99/)
    t.regex(validated.out, /^and 9900 more\n10000 faults$/m)
    const json = JSON.parse((await raftel(['plan', 'validate', many, '-o', 'json'])).out)
    t.like(json, { ok: false, faultsTotal: 10_000 })
    t.is(json.faults.length, 100)
    const committed = await raftel(['plan', 'commit', many])
    t.is(committed.code, 1)
    t.is(committed.err.split('\n').filter((line) => line.includes('many.yaml:')).length, 100)
    t.regex(committed.err, /9900 more/)

    const large = path.join(dir, 'large.yaml')
    const handle = openSync(large, 'w')
    ftruncateSync(handle, 50 * 1024 * 1024)
    closeSync(handle)
    for (const verb of ['validate', 'commit', 'test', 'replay']) {
      const { code, err } = await raftel(['plan', verb, large])
      t.is(code, 1, verb)
      t.regex(err, /large\.yaml is larger than a plan may be \(1 MiB\); split or shorten it/, verb)
    }
    t.is(await inForce(), 0)
  },
)
