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
    'plan.yaml:8:36: rules[1].rewrite: $2 has no capture: 2X has 1',
    'plan.yaml:9:55: rules[2].reject: only one thing can be done, and user is given already',
    'plan.yaml:10:5: rules[3]: says nothing to do: give it one of user, hunt, rewrite, reject',
    'plan.yaml:12:23: rules[5].match: is never reached: rule e above takes every call',
  ])
})

test('shapes are checked before meaning, and a mistyped key is recognised', (t) => {
  t.deepEqual(
    faults(
      'domains: [a.test]\nrules:\n  - { name: x, mach: "1", user: u }\n  - { name: y, match: "2", reject: { status: 200 } }\n',
    ),
    [
      'plan.yaml:3:5: rules[0].match: must be a pattern',
      'plan.yaml:3:16: rules[0].mach: unknown key; did you mean match?',
      'plan.yaml:4:46: rules[1].reject.status: must be a whole number from 400 to 699',
    ],
  )
})

test('a plan of 10,000 rules reads; one more does not', (t) => {
  const rules = (n: number) =>
    `domains: [a.test]\nrules:\n${Array.from({ length: n }, (_, i) => `  - { name: r${i}, match: "${i}", user: u }`).join('\n')}`
  t.is(readPlan(rules(10_000)).kind, 'ok')
  t.regex(faults(rules(10_001))[0] ?? '', /at most 10000 rules/)
})
