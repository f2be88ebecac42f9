import test from 'ava'
import { readPlan } from '../../../node/routing/plan.ts'
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

test('more faults than are told leave the first ones of the document, whatever their kind', (t) => {
  const said = faults(
    `domains: [a.test]\nrules:\n${Array.from({ length: 300 }, (_, i) => `  - { name: r${i}, match: "${i}", user: ${i % 2 ? '""' : 'u@b.test'} }`).join('\n')}`,
  )
  t.is(said.length, 201)
  t.regex(said[0] ?? '', /^plan\.yaml:3:.*not a domain/)
  t.regex(said[1] ?? '', /^plan\.yaml:4:.*must not be empty/)
  t.regex(said[199] ?? '', /^plan\.yaml:202:/)
  t.regex(said[200] ?? '', /and more faults/)
})

test('a plan of 10,000 rules reads; one more does not', (t) => {
  const rules = (n: number) =>
    `domains: [a.test]\nrules:\n${Array.from({ length: n }, (_, i) => `  - { name: r${i}, match: "${i}", user: u }`).join('\n')}`
  t.is(readPlan(rules(10_000)).kind, 'ok')
  t.regex(faults(rules(10_001))[0] ?? '', /at most 10000 rules/)
})
