import test from 'ava'
import { link } from '../../../node/routing/link.ts'
import { readPlan } from '../../../node/routing/plan.ts'
import { planDocument, planSchema } from '../../../node/routing/shape.ts'
import { runTests } from '../../../node/routing/tests.ts'
import { checkTogether } from '../../../node/routing/together.ts'
import { sayFaults } from '../../../node/yaml.ts'

const faults = (text: string): string[] => {
  const read = readPlan(text)
  return read.kind === 'ok' ? [] : sayFaults('plan.yaml', read.faults).split('\n')
}

test('a plan reads as it is written: numbers keep zeros and pluses, names get the only domain', (t) => {
  const read = readPlan(`
domains: [PBX.test]
users:
  alice@pbx.test: { name: Alice, numbers: [0101, +4930123] }
rules:
  - { name: desk, match: 2XXX, hunt: { order: parallel, users: [alice, bob@pbx.test] } }
  - { name: out, match: 00., rewrite: +$1 }
  - { name: none, match: "9!", domain: pbx.test, from: [alice], reject: { status: 603, reason: No way } }
  - { name: boss, match: boss, user: alice, seconds: 7 }
emergency: { numbers: [112], user: alice }
`)
  t.deepEqual(read, {
    kind: 'ok',
    warnings: [],
    plan: {
      domains: ['pbx.test'],
      users: [{ aor: 'alice@pbx.test', name: 'Alice', numbers: ['0101', '+4930123'] }],
      rules: [
        {
          name: 'desk',
          match: '2XXX',
          from: [],
          domain: null,
          action: { kind: 'hunt', order: 'parallel', aors: ['alice@pbx.test', 'bob@pbx.test'], seconds: 20 },
        },
        { name: 'out', match: '00.', from: [], domain: null, action: { kind: 'rewrite', to: '+$1' } },
        {
          name: 'none',
          match: '9!',
          from: ['alice@pbx.test'],
          domain: 'pbx.test',
          action: { kind: 'reject', status: 603, reason: 'No way' },
        },
        {
          name: 'boss',
          match: 'boss',
          from: [],
          domain: null,
          action: { kind: 'user', aor: 'alice@pbx.test', seconds: 7 },
        },
      ],
      emergency: { numbers: ['112'], action: { kind: 'user', aor: 'alice@pbx.test', seconds: 60 } },
    },
  })
})

test('everything that is wrong with a plan is said at once, with its line', (t) => {
  const said = faults(`domains: [pbx.test, "bad domain"]
users:
  alice@pbx.tset: { numbers: ["1001"] }
  bob@pbx.test: { numbers: ["1002"] }
  carol@pbx.test: { numbers: ["1002"] }
rules:
  - { name: a, match: "1 X", user: bob@pbx.test }
  - { name: b, match: 2X, rewrite: "$2" }
  - { name: c, match: 3X, user: bob@pbx.test, reject: { status: 404 } }
  - { name: d, match: 4X }
  - { name: e, match: ".", user: bob@pbx.test }
  - { name: f, match: 5X, user: bob@pbx.test }
`)
  t.deepEqual(said, [
    'plan.yaml:1:21: domains[1]: is not a domain name or an IPv4 address',
    'plan.yaml:3:19: users.alice@pbx.tset: pbx.tset is not a domain of this plan; did you mean pbx.test?',
    'plan.yaml:5:31: users.carol@pbx.test.numbers[0]: 1002 is given to bob@pbx.test already',
    'plan.yaml:7:23: rules[0].match: " " cannot stand in a pattern',
    'plan.yaml:8:36: rules[1].rewrite: $2 has no capture: there are 1',
    'plan.yaml:9:55: rules[2].reject: only one thing can be done, and user is given already',
    'plan.yaml:10:5: rules[3]: says nothing to do: give it one of user, hunt, group, trunk, forward, announcement, voicemail, park, rewrite, reject, service',
    'plan.yaml:12:23: rules[5].match: is never reached: rule e above takes every call',
  ])
})

test('faults of shape and of meaning are told together, and a mistyped key is recognised', (t) => {
  const said = faults(`domains: [a.test]
rules:
  - { name: x, mach: "1", user: u@b.test }
  - { name: y, match: "2", reject: { status: 200 } }
  - { name: y, match: "3", rewrite: "$1" }
  - { name: z, match: ".", user: u, scnds: 5 }
  - { name: w, match: "4", hunt: { order: both, users: [u@c.test, ""] } }
  - { name: w, name: v, match: "4", user: u, reject: { status: 1 } }
`)
  t.deepEqual(said, [
    'plan.yaml:3:16: rules[0].mach: unknown key; did you mean match?',
    'plan.yaml:3:33: rules[0].user: b.test is not a domain of this plan; did you mean a.test?',
    'plan.yaml:4:46: rules[1].reject.status: must be a whole number from 400 to 699',
    'plan.yaml:5:13: rules[2].name: is the name of a rule above already',
    'plan.yaml:5:37: rules[2].rewrite: $1 has no capture: there are 0',
    'plan.yaml:6:37: rules[3].scnds: unknown key; did you mean seconds?',
    'plan.yaml:7:43: rules[4].hunt.order: must be serial or parallel',
    'plan.yaml:7:57: rules[4].hunt.users[0]: c.test is not a domain of this plan; did you mean a.test?',
    'plan.yaml:7:67: rules[4].hunt.users[1]: must not be empty',
    'plan.yaml:8:16: rules[5].name: this key is given twice; keep one',
    'plan.yaml:8:32: rules[5].match: is never reached: rule w above has the same match',
    'plan.yaml:8:54: rules[5].reject: only one thing can be done, and user is given already',
    'plan.yaml:8:64: rules[5].reject.status: must be a whole number from 400 to 699',
  ])
})

test('what only follows from a fault of shape is not told', (t) => {
  const lines = (text: string) => faults(text).map((line) => line.split(':').slice(1).join(':').trim())
  t.deepEqual(
    lines('domains: [a.test, 7 7, ""]\nusers: { u@b.test: {} }\nrules: [{ name: x, match: "1", user: u@c.test }]\n'),
    ['1:19: domains[1]: is not a domain name or an IPv4 address', '1:24: domains[2]: must not be empty'],
    'an unreadable domain may be the one that is meant',
  )
  t.deepEqual(
    lines('domain: [a.test]\nusers: { u: {} }\n'),
    ['1:1: domain: unknown key; did you mean domains?', '1:1: domains: must be a list of domains'],
    'no domain is known to be missing',
  )
  t.deepEqual(
    lines('domains: [a.test]\nrules:\n  - { name: x, match: "1", usr: u, seconds: 5 }\n  - 7\n'),
    [
      '3:28: rules[0].usr: unknown key; did you mean user?',
      '4:5: rules[1]: Invalid input: expected object, received string',
    ],
    'a rule with a mistyped action does say what to do',
  )
  t.deepEqual(
    lines(
      'domains: [a.test]\nrules:\n  - { name: x, match: ".", form: [u], user: u }\n  - { name: y, match: ".", from: u, rewrite: "1" }\n  - { name: z, match: "1", user: u }\n',
    ),
    ['3:28: rules[0].form: unknown key; did you mean from?', '4:34: rules[1].from: must be a list of callers'],
    'a rule that was to be for some callers takes not every call',
  )
})

test('of ten thousand faults the first hundred are told, and how many more there are', (t) => {
  const rules = Array.from({ length: 10_000 }, (_, i) => `  - { name: r${i}, match: "${i}" }`)
  const said = faults(`domains: [a.test]\nrules:\n${rules.join('\n')}`)
  t.is(said.length, 101)
  t.is(said[100], 'and 9900 more')
  const unknown = faults(`domains: [a.test]\n${Array.from({ length: 10_000 }, (_, i) => `key${i}: 1`).join('\n')}`)
  t.is(unknown[100], 'and 9900 more')
})

test('more faults than are told leave the first ones of the document, whatever their kind', (t) => {
  const said = faults(
    `domains: [a.test]\nrules:\n${Array.from({ length: 300 }, (_, i) => `  - { name: r${i}, match: "${i}", user: ${i % 2 ? '""' : 'u@b.test'} }`).join('\n')}`,
  )
  t.is(said.length, 101)
  t.regex(said[0] ?? '', /^plan\.yaml:3:.*not a domain/)
  t.regex(said[1] ?? '', /^plan\.yaml:4:.*must not be empty/)
  t.regex(said[99] ?? '', /^plan\.yaml:102:/)
  t.is(said[100], 'and 200 more')
})

test('a plan of 10,000 rules reads; one more does not', (t) => {
  const rules = (n: number) =>
    `domains: [a.test]\nrules:\n${Array.from({ length: n }, (_, i) => `  - { name: r${i}, match: "${i}", user: u }`).join('\n')}`
  t.is(readPlan(rules(10_000)).kind, 'ok')
  t.regex(faults(rules(10_001))[0] ?? '', /at most 10000 rules/)
})

const warnings = (rules: string): string[] => {
  const read = readPlan(`domains: [a.test, b.test]\n${rules}`)
  return read.kind === 'ok'
    ? read.warnings.map(({ path, message }) => `${path}: ${message}`)
    : faults(`domains: [a.test, b.test]\n${rules}`)
}

test('a rule that an earlier one leaves nothing is named; what is special before what is general is nothing to warn of', (t) => {
  const rules = (...all: string[]) =>
    warnings(`rules:\n${all.map((one, i) => `  - { name: r${i}, ${one}, user: u }`).join('\n')}`)
  t.deepEqual(rules('match: 0.', 'match: 030XX'), [
    'rules[1].match: is never reached: rule r0 (0.) above takes every call that it could',
  ])
  t.deepEqual(rules('prefix: "+49"', 'prefix: "+4930"'), [
    'rules[1].prefix: is never reached: rule r0 (+49!) above takes every call that it could',
  ])
  t.is(rules('match: 1X', 'match: "12", domain: a.test').length, 1)
  t.is(rules('match: 1X.', 'match: 12Z!').length, 1)
  for (const fine of [
    ['match: 030XX', 'match: 0.'],
    ['match: 0., from: [u@a.test]', 'match: 030'],
    ['match: 0., domain: b.test', 'match: 030'],
    ['match: 0., by_trunk: [t]', 'match: 030'],
    ['match: 0.', 'match: 0!'],
    ['match: 1Z', 'match: 10'],
    ['match: 12X', 'match: 1234'],
  ]) {
    t.deepEqual(rules(...fine), [], fine.join(' before '))
  }
  t.deepEqual(rules('match: 1X2', 'match: 12X'), [
    'rules[1].match: takes some of the same calls as rule r0 (1X2) above, which comes first',
  ])
  t.deepEqual(
    warnings('rules:\n  - { name: out, match: "0.", trunk: t }\n  - { name: in, match: "01", user: u }\n'),
    [],
    'who comes from outside gets past a rule that leads out',
  )
  t.is(
    warnings('rules:\n  - { name: out, match: "0.", trunk: t }\n  - { name: more, match: "01", trunk: u }\n').length,
    1,
  )
})

test('warnings of a large plan are bounded, and found in bounded time', (t) => {
  const rules = Array.from(
    { length: 2000 },
    (_, i) => `  - { name: r${i}, match: "${'X'.repeat(i % 40)}${i}X!", user: u }`,
  )
  t.true(warnings(`rules:\n${rules.join('\n')}`).length <= 201)
})

test('what goes round in a circle is refused where that is sure, in the order in which it goes', (t) => {
  const said = (text: string) =>
    faults(`domains: [a.test]\n${text}`).map((line) => line.split(': ').slice(1).join(': '))
  t.deepEqual(
    said('groups:\n  a: {users: [u], then: {group: b}}\n  b: {users: [u], then: {voicemail: v, then: {group: a}}}'),
    ['groups.b.then: goes round in a circle: group a, then group b, then group a'].map((line) =>
      line.replace('groups.b', 'groups.a'),
    ),
  )
  t.regex(
    said('rules: [{name: x, match: "1", rewrite: "2"}, {name: y, match: "2", forward: "1"}]').join(),
    /rule x, then rule y, then rule x/,
  )
  t.regex(said('rules: [{name: x, match: "7.", rewrite: "71"}]').join(), /rule x, then rule x/)
  for (const fine of [
    'rules: [{name: x, match: "1", rewrite: "2"}, {name: z, match: "2", from: [u], user: u}, {name: y, match: "2", rewrite: "1"}]',
    'rules: [{name: x, match: "1", rewrite: "2"}, {name: y, match: "2", user: u, then: {forward: "3"}}]',
    'groups: {a: {users: [u], then: {group: b}}, b: {users: [u]}}',
  ]) {
    t.deepEqual(said(fine), [], fine)
  }
})

test('whatever is named must be there, and what was meant is guessed', (t) => {
  t.deepEqual(
    faults(`domains: [a.test]
class: nationl
users: { u@a.test: { class: all } }
groups: { sales: { users: [u] } }
times: { office: [{ days: mon-fri }] }
classes: { national: { allow: ["+49"] } }
rules:
  - { name: a, match: "1", group: sale }
  - { name: b, match: "2", when: [ofice], user: u, then: { group: x } }
`),
    [
      'plan.yaml:2:8: class: there is no class nationl; did you mean national?',
      'plan.yaml:3:29: users.u@a.test.class: there is no class all; write it under classes',
      'plan.yaml:8:35: rules[0].group: there is no group sale; did you mean sales?',
      'plan.yaml:9:35: rules[1].when[0]: there is no time or holiday ofice; did you mean office?',
      'plan.yaml:9:67: rules[1].then.group: there is no group x; write it under groups',
    ],
  )
})

test('what is wrong in the sections of a plan is said where it stands', (t) => {
  t.deepEqual(
    faults(`domains: [a.test]
country: QQ
zone: Mars/Olympus
numbers: { "12a": { user: u }, "+49301": { user: u, hunt: { order: serial, users: [u] } } }
groups: { g: { users: [u@b.test], ring: loud } }
times: { t: [{ days: someday }, { hours: 9-17 }, {}] }
holidays: { h: [2026-02-30] }
classes: { c: { allow: ["+4 9"] } }
services: { "72.": forward_always, "*1": nothing }
rules:
  - { name: a, regex: "(", user: u }
  - { name: b, match: "1", prefix: "2", user: u }
  - { name: c, match: "3", rewrite: "4", then: { user: u } }
  - { name: d, match: "5", caller: "0X", rewrite_caller: $2, user: u }
  - { name: e, user: u }
tests: [{ name: x, call: "1", at: tomorrow, expect: {} }]
`).map((line) => line.split(':').slice(3).join(':').trim()),
    [
      'country: is not a country that numbers are known of; write two letters, as DE',
      'zone: is not a time zone; write one like Europe/Berlin',
      'numbers.12a: must be digits, * or #, after an optional +; at most 32',
      'numbers.+49301.hunt: only one thing can be done, and user is given already',
      'groups.g.users[0]: b.test is not a domain of this plan; did you mean a.test?',
      'groups.g.ring: must be parallel, serial, by_q or round_robin',
      'times.t[0].days: days are written mon, tue, wed, thu, fri, sat, sun: mon-fri, sun',
      'times.t[1].hours: hours are written 09:00-17:30, from 00:00 to 24:00',
      'times.t[2]: says no time: give it days, hours, dates or months',
      'holidays.h[0]: dates are written 2026-12-24, 12-24 for every year, or from..to',
      'classes.c.allow[0]: " " cannot stand in a pattern',
      'services.72.: a code begins with * or #',
      'services.*1: must be one of forward_always, forward_busy, forward_no_answer, forward_unregistered, forward_off, dnd_on, dnd_off, waiting_on, waiting_off',
      'rules[0].regex: "(" is not closed; write \\( for the character',
      'rules[1].prefix: match says already what was dialled; keep one',
      'rules[2].then: nothing follows a rewrite',
      'rules[3].rewrite_caller: $2 has no capture: caller has 1',
      'rules[4]: says not which calls it is for: give it a match, a prefix or a regex; match: "!" takes all',
      'tests[0].at: is no time; write 2026-12-24T03:00, by the clocks of the plan',
      'tests[0].expect: expects nothing: give it rule, user, users, trunk, number, caller_id or reject',
    ],
  )
})

test('regular expressions that would cost every call too much are refused', (t) => {
  const rules = (n: number, regex: (i: number) => string) =>
    faults(
      `domains: [a.test]\nrules:\n${Array.from({ length: n }, (_, i) => `  - { name: r${i}, regex: "${regex(i)}", user: u }`).join('\n')}`,
    )
  t.deepEqual(
    rules(100, (i) => `[ab]${i}`),
    [],
  )
  t.regex(rules(101, (i) => `[ab]${i}`).join(), /may begin with anything/)
  t.regex(rules(200, (i) => `${i}(a{60}){3}`).join(), /too many/)
})

test('a shared plan is for others: it has no domains, and who uses it is no business of its own', (t) => {
  t.deepEqual(faults('shared: s\nrules: [{name: a, match: "1", group: theirs}]'), [])
  t.deepEqual(
    faults('shared: s\ntenant: t\ndomains: [a.test]\n').map((line) => line.split(': ').slice(1).join(': ')),
    [
      'shared: a plan is of a tenant or shared; keep one of the two',
      'domains: does not stand in a shared plan; put it into those that use this one',
    ],
  )
  t.regex(faults('tenant: main\ndomains: [a.test]').join(), /main is the plan that names no tenant/)
  t.regex(faults('tenant: "A b"\ndomains: [a.test]').join(), /small letters/)
})

function named(name: string, text: string) {
  const read = readPlan(text)
  if (read.kind !== 'ok') throw new Error(sayFaults(name, read.faults))
  return { name, plan: read.plan }
}

test('between documents: no domain and no number has two owners, and what is used is there', (t) => {
  const acme = named(
    'acme',
    'tenant: acme\nuse: [carriers, gone]\ncountry: DE\ndomains: [a.test]\nusers: {u@a.test: {numbers: ["030123456"]}}\nrules: [{name: x, match: "1", group: nobody}, {name: y, match: "2", when: [open], user: u}]',
  )
  const beta = named(
    'beta',
    'tenant: beta\nuse: [carriers]\ndomains: [b.test, a.test]\nnumbers: {"+4930123456": {user: u}}\ngroups: {g: {users: [u], then: {group: h}}}',
  )
  const carriers = named(
    'carriers',
    'shared: carriers\ntimes: {open: [{days: mon}]}\ngroups: {h: {users: [u], then: {group: g}}}\nrules: [{name: out, prefix: "+", trunk: tg}]',
  )
  const lonely = named('lonely', 'shared: lonely')
  const told = checkTogether([lonely, beta, carriers, acme], { trunks: new Set(['tk']) })
  const lines = (list: typeof told.faults) =>
    list.map(({ document, path, message }) => `${document}: ${path}: ${message}`)
  t.deepEqual(lines(told.faults), [
    'beta: domains[1]: a.test is a domain of the plan acme already',
    'beta: numbers.+4930123456: +4930123456 is a number of the plan acme already',
    'acme: use[1]: there is no shared plan gone',
    'acme: rules[0].group: there is no group nobody',
    'acme: use: carriers, which acme uses, says groups.h.then.group: there is no group g',
    'beta: use: with what it uses, it goes round in a circle: group h, then group g, then group h',
  ])
  t.deepEqual(lines(told.warnings), [
    'carriers: rules[0].trunk: there is no trunk or trunk group tg',
    'lonely: shared: no plan uses lonely',
  ])
  t.deepEqual(
    checkTogether([acme, beta, carriers, lonely]).faults,
    checkTogether([lonely, carriers, beta, acme]).faults,
  )
  const newest = checkTogether([lonely, beta, carriers, acme], { newest: 'acme' }).faults
  t.true(
    newest.some(
      ({ document, message }) => document === 'acme' && message === 'a.test is a domain of the plan beta already',
    ),
  )
})

test('a plan of 50 MB is refused before it is read', (t) => {
  const read = readPlan(`domains: [a.test]\n#${'x'.repeat(50 * 1024 * 1024)}`)
  t.is(read.kind, 'faults')
  if (read.kind === 'faults') t.regex(read.faults[0]?.message ?? '', /larger than/)
})

test('the JSON Schema says of every key what it is for', (t) => {
  const missing: string[] = []
  const look = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return
    if ('properties' in schema && typeof schema.properties === 'object' && schema.properties !== null) {
      for (const [key, value] of Object.entries(schema.properties)) {
        if (!('description' in value)) missing.push(`${path}.${key}`)
        look(value, `${path}.${key}`)
      }
    }
    for (const key of ['items', 'additionalProperties'] as const)
      if (key in schema) look(Reflect.get(schema, key), path)
    if ('anyOf' in schema && Array.isArray(schema.anyOf)) for (const one of schema.anyOf) look(one, path)
  }
  const schema = planSchema()
  look(schema, '')
  t.deepEqual(missing, [])
  t.deepEqual(Object.keys(schema.properties ?? {}).sort(), Object.keys(planDocument.shape).sort())
})

test('a test of a plan that fails says what is otherwise', (t) => {
  const read = readPlan(`domains: [a.test]
users: { u@a.test: {}, v@a.test: {} }
rules: [{ name: out, match: "0.", trunk: t, caller_id: withheld }]
tests:
  - { name: good, from: u, call: v, expect: { users: [v], rule: user } }
  - { name: bad, from: u, call: "01", expect: { user: v, trunk: x, number: "02", caller_id: own, reject: 404, rule: in } }
`)
  if (read.kind !== 'ok') return t.fail(sayFaults('plan', read.faults))
  const row = { version: 1, text: '', plan: read.plan, author: '', committedAt: 0 }
  const [good, bad] = runTests(link([row], 1), 'main')
  t.like(good, { name: 'good', passed: true, failures: [] })
  t.deepEqual(bad?.failures, [
    'the rule is out, not in',
    'who is rung first is none, not v@a.test',
    'the trunk is t, not x',
    'the number is 01, not 02',
    'the caller id is withheld, not own',
    'the status of the refusal is none, not 404',
  ])
})
