/** What a whole plan makes of calls: groups, trunks, classes, forwards, star codes, tenants. */
import test from 'ava'
import type { ProfileRow } from '../../../cluster/tables/people-rows.ts'
import type { PlanRow } from '../../../cluster/tables/plan-rows.ts'
import type { CallRequest, Decision } from '../../../node/routing/decision.ts'
import { link } from '../../../node/routing/link.ts'
import { readPlan } from '../../../node/routing/plan.ts'
import { decide, type Facts, type TrunkFact } from '../../../node/routing/route.ts'
import { sayFaults } from '../../../node/yaml.ts'
import { requestOf } from './request.ts'

function rowOf(text: string, document = 'main'): PlanRow {
  const read = readPlan(text)
  if (read.kind !== 'ok') throw new Error(sayFaults(document, read.faults))
  return { version: 1, text, plan: read.plan, author: 'test', committedAt: 0, document }
}

const HEAD =
  'country: DE\ndomains: [a.test]\nusers: {alice@a.test: {numbers: ["1001"]}, bob@a.test: {}, carol@a.test: {}}\n'

interface World {
  readonly profiles?: Readonly<Record<string, Omit<ProfileRow, 'aor'>>>
  readonly trunks?: Readonly<Record<string, TrunkFact>>
  readonly prices?: Readonly<Record<string, number>>
  readonly turn?: number
}

function caller(text: string | readonly PlanRow[], world: World = {}) {
  const linked = link(typeof text === 'string' ? [rowOf(HEAD + text)] : text, 1)
  const facts: Facts = {
    known: () => false,
    here: (host) => host === '192.0.2.1',
    profile: (aor) => (world.profiles?.[aor] ? { aor, ...world.profiles[aor] } : null),
    trunk: (name) => world.trunks?.[name] ?? null,
    price: (trunk) => world.prices?.[trunk] ?? null,
    ...(world.turn !== undefined && { turn: () => world.turn ?? null }),
  }
  return (dialled: string, more: Partial<CallRequest> = {}): Decision =>
    decide(linked, facts, requestOf({ caller: 'alice@a.test', domain: 'a.test', dialled, ...more }))
}

/** `alice+bob 20 → busy 3` */
function said(decision: Decision): string[] {
  if (decision.kind === 'reject') return [`${decision.status}`]
  if (decision.kind === 'service') return [`${decision.service} ${decision.argument}`]
  return decision.steps.map((step) => {
    const what =
      step.kind === 'phones'
        ? step.aors.map((aor) => aor.replace('@a.test', '')).join('+')
        : step.kind === 'trunk'
          ? `${step.trunk} ${step.number}`
          : `${step.kind} ${step.name}`
    const next = Object.entries(step.next ?? {}).map(([ending, to]) => `${ending} ${to}`)
    return [what, ...next].join(', ')
  })
}

test('groups ring in each way, and then comes what follows', (t) => {
  const groups = (ring: string) => `
groups:
  g: {ring: ${ring}, users: [alice, bob, carol], seconds: 9, then: {group: h}}
  h: {users: [carol], then: {voicemail: box}}
rules: [{name: g, match: "2", group: g}]`
  t.deepEqual(said(caller(groups('parallel'))('2')), ['alice+bob+carol', 'carol', 'voicemail box'])
  t.deepEqual(said(caller(groups('by_q'))('2')), ['alice+bob+carol', 'carol', 'voicemail box'])
  t.deepEqual(said(caller(groups('serial'))('2')), ['alice', 'bob', 'carol', 'carol', 'voicemail box'])
  for (const [turn, first] of [
    [0, 'alice'],
    [1, 'bob'],
    [5, 'carol'],
    [-1, 'carol'],
  ] as const) {
    t.is(said(caller(groups('round_robin'), { turn })('2'))[0], first)
  }
  const drawn = new Set(
    Array.from({ length: 50 }, (_, i) => said(caller(groups('round_robin'))('2', { id: `c${i}` }))[0]),
  )
  t.deepEqual([...drawn].sort(), ['alice', 'bob', 'carol'], 'who has no turns draws')
  const away = { profiles: { 'bob@a.test': { dnd: true, forwards: { always: '1001' } } } }
  t.deepEqual(said(caller(groups('serial'), away)('2')), ['alice', 'carol', 'carol', 'voicemail box'])
})

const TRUNKS = `
trunk_groups:
  listed: {trunks: [a, b, c], on: [503], seconds: 7}
  weighted: {order: weighted, trunks: [{trunk: a, weight: 3}, b, {trunk: c, weight: 0}]}
  cheapest: {order: cheapest, trunks: [a, b, c]}
rules:
  - {name: l, prefix: "+491", trunk: listed}
  - {name: w, prefix: "+492", trunk: weighted}
  - {name: c, prefix: "+493", trunk: cheapest}
  - {name: s, prefix: "+494", trunk: single, seconds: 5}
`

test('trunk groups are tried in their order; what is down is left out unless all are, what is disabled always', (t) => {
  const number = '0171234567'
  t.deepEqual(said(caller(TRUNKS)(number)), ['a +49171234567', 'b +49171234567', 'c +49171234567'])
  t.like(caller(TRUNKS)(number), { steps: [{ causes: [503], seconds: 7 }] })
  const down = { state: 'down', why: '503 for a minute' } as const
  const decision = caller(TRUNKS, { trunks: { a: down, b: { state: 'disabled' } } })(number)
  t.deepEqual(said(decision), ['c +49171234567'])
  t.true(decision.trace.includes('trunk a is left out: it is down (503 for a minute)'), decision.trace.join('\n'))
  t.deepEqual(said(caller(TRUNKS, { trunks: { a: down, b: { state: 'disabled' }, c: down } })(number)), [
    'a +49171234567',
    'c +49171234567',
  ])
  const disabled = { state: 'disabled' } as const
  t.deepEqual(said(caller(TRUNKS, { trunks: { a: disabled, b: disabled, c: disabled } })(number)), ['503'])
  t.deepEqual(said(caller(TRUNKS, { prices: { c: 1, b: 2 } })('030123456')), [
    'c +4930123456',
    'b +4930123456',
    'a +4930123456',
  ])
  t.deepEqual(said(caller(TRUNKS)('040123456')), ['single +4940123456'])
})

test('trunks are drawn by weight from the id of the call: the same each time, in the shares that are meant', (t) => {
  const ask = caller(TRUNKS)
  const orders = Array.from({ length: 2000 }, (_, i) =>
    said(ask('0212345678', { id: `call-${i}` })).map((step) => step[0]),
  )
  t.deepEqual(
    orders,
    Array.from({ length: 2000 }, (_, i) => said(ask('0212345678', { id: `call-${i}` })).map((step) => step[0])),
  )
  const first = orders.filter((order) => order[0] === 'a').length
  t.true(first > 1400 && first < 1600, `${first} of 2000 begin with a trunk of three in four`)
  t.true(
    orders.every((order) => order[2] === 'c'),
    'what weighs nothing is last',
  )
})

test('whoever comes from outside does not get out again, unless a rule names the trunk', (t) => {
  const rules = `
rules:
  - {name: transit, prefix: "+4917", by_trunk: [pbx], trunk: carrier}
  - {name: chosen, match: "9.", forward: +$1}
  - {name: after, match: "00.", announcement: busy, next: {trunk: carrier}}
  - {name: out, match: "+.", trunk: carrier}
`.replace('next:', 'then:')
  const ask = caller(rules)
  t.deepEqual(said(ask('+49171234567')), ['carrier +49171234567'])
  const after = ask('0033140000000', { trunk: 'pbx', caller: null })
  t.false(after.kind === 'ring' && after.steps.some(({ kind }) => kind === 'trunk'), 'nor by what follows')
  t.true(ask('0033140000000').kind === 'ring')
  const from = (trunk: string | null) => ({ trunk, caller: null })
  t.deepEqual(said(ask('+49171234567', from('pbx'))), ['carrier +49171234567'])
  t.deepEqual(said(ask('+49171234567', from('other'))), ['404'])
  t.deepEqual(said(ask('949171234567')), ['carrier +49171234567'])
  t.deepEqual(said(ask('949171234567', from('pbx'))), ['404'])
  t.deepEqual(said(ask('+49171234567', { caller: 'eve@elsewhere.test' })), ['404'], 'nor users of another plan')
})

const CLASSES = `
class: inland
classes:
  inland: {allow: ["+49"], deny: ["+49900", "+491"]}
  mobile: {allow: ["+49", "+4917"], deny: ["+491", "+4917"]}
  all: {deny: ["+4990XXXX"]}
rules: [{name: out, prefix: "+", trunk: t, then: {announcement: barred}}]
emergency: {numbers: ["112", "+49110"], trunk: t}
`

test('a class says what may be dialled outside: the longest beginning decides, and of two as long the one that denies', (t) => {
  const as = (name: string | undefined, dialled: string) =>
    said(caller(CLASSES, { profiles: name ? { 'alice@a.test': { class: name } } : {} })(dialled))[0]
  t.is(as(undefined, '030123456'), 't +4930123456')
  t.is(as(undefined, '0900123456'), 'announcement barred')
  t.is(as(undefined, '0033140000000'), 'announcement barred', 'what fits none is not allowed')
  t.is(as('mobile', '0171234567'), 'announcement barred')
  t.is(as('all', '0033140000000'), 't +33140000000', 'a class that allows nothing by name')
  t.is(as('all', '0901234567'), 'announcement barred')
  t.is(as('gone', '030123456'), 'announcement barred', 'a class that is not there allows nothing')
  const deciding = caller(CLASSES)('0900123456')
  t.true(deciding.trace.includes('alice@a.test may not dial +49900123456 by class inland (+49900)'))
  for (const [help, number] of [
    ['112', '112'],
    ['+49112', '112'],
    ['+49110', '+49110'],
    ['urn:service:sos', '112'],
  ] as const) {
    t.like(caller(CLASSES)(help), { emergency: true, steps: [{ kind: 'trunk', trunk: 't', number }] })
  }
})

test('what users have set becomes steps: always instead, the others by how it ended', (t) => {
  const forwards = (all: ProfileRow['forwards'], more: object = {}) => ({
    profiles: { 'alice@a.test': { forwards: all, ...more } as Omit<ProfileRow, 'aor'> },
  })
  const bob = { caller: 'bob@a.test' }
  const ask = (world: World) =>
    said(caller('rules: [{name: d, match: "3", user: alice, then: {voicemail: v}}]', world)('3', bob))
  t.deepEqual(ask(forwards({ always: 'bob' })), ['bob', 'voicemail v'])
  t.deepEqual(ask(forwards({ always: 'sip:bob@A.test' })), ['bob', 'voicemail v'])
  t.deepEqual(ask(forwards({ busy: 'bob', noAnswer: 'carol', unregistered: 'bob' })), [
    'alice, busy 3, unregistered 2, failed 4',
    'carol, busy 4, unregistered 4, failed 4, no answer 4',
    'bob, busy 4, unregistered 4, failed 4, no answer 4',
    'bob',
    'voicemail v',
  ])
  t.deepEqual(ask(forwards({ always: '9999' })), ['voicemail v'], 'a forward to nobody is over at once')
  t.deepEqual(ask(forwards({}, { dnd: true })), ['voicemail v'])
  t.deepEqual(ask(forwards({ busy: 'carol' }, { dnd: true })), ['carol', 'voicemail v'])
  t.deepEqual(said(caller('', forwards({}, { dnd: true }))('1001', bob)), ['480'])
  t.like(caller('', forwards({ noAnswer: 'bob', after: 12 }))('1001', bob), {
    steps: [{ seconds: 12 }, { seconds: 60 }],
  })
})

test('forwards outside are allowed by the class of who forwards, whoever calls, and show who calls', (t) => {
  const profiles = { 'alice@a.test': { forwards: { always: '0171234567' }, callerId: '+4930111' } }
  const outside = { caller: null, trunk: 'x', number: '+4940999' }
  const numbers = 'numbers: {"+4930123456": {user: alice}}\n'
  t.deepEqual(said(caller(numbers + CLASSES, { profiles })('+4930123456', outside)), ['announcement barred'])
  const free = { 'alice@a.test': { ...profiles['alice@a.test'], class: 'all' } }
  const decision = caller(numbers + CLASSES, { profiles: free })('+4930123456', outside)
  t.deepEqual(said(decision), ['t +49171234567', 'announcement barred'])
  t.false('shown' in decision)
  t.deepEqual(
    said(
      caller(CLASSES, { profiles: { 'alice@a.test': { forwards: { always: '112' } } } })('1001', {
        caller: 'bob@a.test',
      }),
    ),
    ['403'],
    'nobody is forwarded to help',
  )
})

test('forwards that go round end with 482, and so do too many', (t) => {
  const round = { 'alice@a.test': { forwards: { always: 'bob' } }, 'bob@a.test': { forwards: { always: 'alice' } } }
  const decision = caller('', { profiles: round })('1001', { caller: 'carol@a.test' })
  t.deepEqual(said(decision), ['482'])
  t.true(decision.trace.includes('the forwards go round in a circle: they come back to alice@a.test'))
  const chain = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`u${i}@a.test`, { forwards: { always: `u${i + 1}` } }]),
  )
  const users = `rules: [{name: u, match: "5", user: u0}]\nclasses: {}`
  const many = link(
    [
      rowOf(
        `domains: [a.test]\nusers: {${Array.from({ length: 21 }, (_, i) => `u${i}@a.test: {}`).join(', ')}}\n${users}`,
      ),
    ],
    1,
  )
  const facts: Facts = {
    known: () => false,
    here: () => false,
    profile: (aor) => (chain[aor] ? { aor, ...chain[aor] } : null),
  }
  const long = decide(many, facts, requestOf({ dialled: '5', domain: 'a.test', caller: 'u0@a.test' }))
  t.like(long, { kind: 'reject', status: 482 })
})

test('a star code sets something for who dials it, and for nobody else', (t) => {
  const ask = caller(`
services: {"*72.": forward_always, "*73": forward_off, "*43": waiting_on}
rules: [{name: dnd, match: "*78", service: dnd_on}, {name: every, match: "*.", user: bob}]
`)
  t.deepEqual(said(ask('*720171234567')), ['forward_always 0171234567'])
  t.deepEqual(said(ask('*73')), ['forward_off '])
  t.like(ask('*73'), { rule: 'service', emergency: false })
  t.deepEqual(said(ask('*78')), ['dnd_on '])
  t.deepEqual(said(ask('*73', { caller: null, trunk: 't' })), ['bob'])
  t.deepEqual(said(ask('*78', { caller: null, trunk: 't' })), ['403'])
})

test('how the caller is shown: by the rule, else by the trunk group, else by what is his own', (t) => {
  const plan = `
trunk_groups: {own: {trunks: [a]}, main: {trunks: [b], caller_id: "+493012"}, hid: {trunks: [c], caller_id: withheld}}
rules:
  - {name: priv, match: "*31.", privacy: true, rewrite: $1}
  - {name: rule, prefix: "+491", trunk: main, caller_id: "+49309"}
  - {name: main, prefix: "+492", trunk: main}
  - {name: hid, prefix: "+493", trunk: hid}
  - {name: own, prefix: "+494", trunk: own, then: {trunk: main}}
  - {name: in, match: "6", caller: "0X.", rewrite_caller: +49$1$2, user: bob}
`
  const ask = caller(plan, { profiles: { 'alice@a.test': { callerId: '+49301001' } } })
  const shown = (number: string, isPrivate = false) => ({ shown: { number, display: null, private: isPrivate } })
  t.like(ask('0171234567'), shown('+49309'))
  t.like(ask('0212345678'), shown('+493012'))
  t.like(ask('0301234567'), shown('+49301001', true))
  t.like(ask('*310401234567'), shown('+49301001', true))
  const two = ask('0401234567')
  t.like(two, shown('+49301001'))
  t.like(two, { steps: [{ trunk: 'a' }, { trunk: 'b', ...shown('+493012') }] })
  t.false(two.kind === 'ring' && 'shown' in two.steps[0]!)
  t.like(ask('6', { number: '03055' }), shown('+493055'))
  t.false('shown' in ask('1001'), 'to phones he is who he is')
})

test('a number of the plan does not go out by a trunk, and comes in whatever domain the carrier names', (t) => {
  const ask = caller('numbers: {"+4930120": {user: bob}}\nrules: [{name: out, prefix: "+", trunk: t}]\n')
  t.deepEqual(said(ask('030120')), ['bob'])
  t.deepEqual(said(ask('0049301299')), ['t +49301299'])
  for (const dialled of ['+4930120', '4930120', '030120', '004930120']) {
    for (const domain of ['192.0.2.1', 'sip.carrier.test', 'a.test']) {
      t.deepEqual(said(ask(dialled, { caller: null, trunk: 't', domain })), ['bob'], `${dialled}@${domain}`)
    }
  }
})

test('tenants have their own rules and numbers, and what they borrow', (t) => {
  const acme = rowOf(
    'tenant: acme\nuse: [common]\ncountry: DE\ndomains: [acme.test]\nusers: {al@acme.test: {}}\nnumbers: {"+49301": {user: al}}\ngroups: {team: {users: [al]}}\nrules: [{name: own, match: "7", group: team}, {name: theirs, match: "8", group: all}]',
    'acme',
  )
  const beta = rowOf(
    'tenant: beta\nuse: [common]\ncountry: AT\nzone: Europe/Vienna\ndomains: [beta.test]\nusers: {be@beta.test: {}}\nnumbers: {"+43122": {user: be}}\nemergency: {numbers: ["133"], user: be}',
    'beta',
  )
  const common = rowOf(
    'shared: common\ngroups: {all: {users: [ops], then: {voicemail: v}}, team: {users: [ops]}}\nrules: [{name: out, prefix: "+", trunk: t}, {name: shared, match: "7", user: ops}]\nemergency: {numbers: ["112"], trunk: t}',
    'common',
  )
  const ask = caller([beta, acme, common])
  const al = { caller: 'al@acme.test', domain: 'acme.test' }
  const be = { caller: 'be@beta.test', domain: 'beta.test' }
  t.deepEqual(said(ask('7', al)), ['al@acme.test'])
  t.deepEqual(said(ask('8', al)), ['ops@acme.test', 'voicemail v'])
  t.deepEqual(said(ask('7', be)), ['ops@beta.test'])
  t.deepEqual(said(ask('030998877', al)), ['t +4930998877'])
  t.deepEqual(said(ask('01998877', be)), ['t +431998877'])
  t.deepEqual(said(ask('030998877', { ...al, domain: 'beta.test' })), ['404'], 'not by the trunks of another tenant')
  t.deepEqual(said(ask('+49301', { caller: null, trunk: 't', domain: 'sbc.test' })), ['al@acme.test'])
  t.deepEqual(said(ask('+43122', { caller: null, trunk: 't', domain: '192.0.2.1' })), ['be@beta.test'])
  t.deepEqual(said(ask('9', { caller: null, trunk: 't', domain: '192.0.2.1' })), ['404'])
  t.like(ask('112', al), { emergency: true, steps: [{ trunk: 't' }] })
  t.like(ask('133', be), { emergency: true, steps: [{ aors: ['be@beta.test'] }] })
  t.like(ask('112', { caller: null, domain: 'nowhere.test' }), { emergency: true })
})
