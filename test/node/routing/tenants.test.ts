/** A trunk that is a tenant's: out by its plan alone, and in to it alone. */
import test from 'ava'
import type { Decision } from '../../../node/routing/decision.ts'
import { link } from '../../../node/routing/link.ts'
import { readPlan } from '../../../node/routing/plan.ts'
import { decide } from '../../../node/routing/route.ts'
import { checkTogether } from '../../../node/routing/together.ts'
import { sayFaults } from '../../../node/yaml.ts'
import { requestOf } from './request.ts'

function read(name: string, text: string) {
  const said = readPlan(text)
  if (said.kind !== 'ok') throw new Error(sayFaults(name, said.faults))
  return { name, plan: said.plan }
}

const OUT = `
trunk_groups: {outside: {trunks: [theirs, common], seconds: 9}}
emergency: {numbers: ["112"], trunk: theirs}
rules:
  - {name: direct, prefix: "+491", trunk: theirs}
  - {name: group, prefix: "+492", trunk: outside}
  - {name: common, prefix: "+493", trunk: common}
  - {name: in, match: "9XX", user: u, by_trunk: [theirs, common]}
`
const docs = ['acme', 'globex'].map((tenant, i) =>
  read(
    tenant,
    `tenant: ${tenant}\ncountry: DE\ndomains: [${tenant}.test]\nusers: {u@${tenant}.test: {numbers: ["1001", "+493077${i}"]}}${OUT}`,
  ),
)
const linked = link(
  docs.map(({ name, plan }) => ({ version: 1, text: '', plan, author: '', committedAt: 0, document: name })),
  1,
)

/** `theirs` is acme's, `common` is everybody's. */
const facts = {
  known: () => false,
  here: (host: string) => host === '192.0.2.1',
  trunk: (name: string) => ({ state: 'up' as const, ...(name === 'theirs' && { tenant: 'acme' }) }),
}

function went(decision: Decision): string {
  if (decision.kind !== 'ring') return decision.kind === 'reject' ? `${decision.status}` : decision.kind
  return decision.steps
    .map((step) => (step.kind === 'phones' ? step.aors.join() : step.kind === 'trunk' ? step.trunk : '?'))
    .join()
}

test('a call leaves by a trunk of a tenant only when the plan of that tenant sends it there', (t) => {
  const by = (tenant: string, dialled: string) =>
    decide(linked, facts, requestOf({ caller: `u@${tenant}.test`, dialled, domain: `${tenant}.test` }))
  t.is(went(by('acme', '+4915')), 'theirs')
  t.is(went(by('acme', '+4925')), 'theirs,common')
  t.is(went(by('globex', '+4915')), '503')
  t.true(by('globex', '+4915').trace.some((line) => line === "trunk theirs is left out: it is acme's"))
  t.is(went(by('globex', '+4925')), 'common', 'of a group the others are left')
  t.is(went(by('globex', '+4935')), 'common')
  t.is(went(by('globex', '112')), 'theirs', 'a call for help is refused for nothing')
})

test('what comes in by a trunk of a tenant is decided by the plan of that tenant, whatever it names', (t) => {
  const from = (trunk: string, dialled: string, domain: string) =>
    went(decide(linked, facts, requestOf({ trunk, number: '+44', dialled, domain })))
  t.is(from('common', '+4930771', 'globex.test'), 'u@globex.test')
  t.is(from('common', '900', 'globex.test'), 'u@globex.test')
  t.is(from('theirs', '+4930770', 'acme.test'), 'u@acme.test')
  t.is(from('theirs', '+4930770', '192.0.2.1'), 'u@acme.test')
  t.is(from('theirs', '900', '192.0.2.1'), 'u@acme.test')
  for (const domain of ['globex.test', 'acme.test', '192.0.2.1', 'elsewhere.test']) {
    t.is(from('theirs', '+4930771', domain), '404', `a number of another tenant, to ${domain}`)
  }
  for (const dialled of ['u', '1001', '900']) t.is(from('theirs', dialled, 'globex.test'), '404', dialled)
  t.is(from('theirs', '112', 'globex.test'), 'theirs')
  const others = link(
    docs.slice(1).map(({ name, plan }) => ({ version: 1, text: '', plan, author: '', committedAt: 0, document: name })),
    1,
  )
  const alone = decide(
    others,
    facts,
    requestOf({ trunk: 'theirs', number: '+44', dialled: '+4930771', domain: 'x.test' }),
  )
  t.is(went(alone), '404', 'a tenant without a plan has nobody to call')
})

test('a plan that leads out by a trunk of another tenant is refused, also when it borrows that', (t) => {
  const shared = read('carriers', 'shared: carriers\nrules: [{name: far, prefix: "00", trunk: theirs}]')
  const borrower = read(
    'beta',
    'tenant: beta\nuse: [carriers]\ndomains: [b.test]\nrules: [{name: x, match: "1", trunk: theirs, then: {trunk: common}}]',
  )
  const main = read('main', 'domains: [m.test]\nrules: [{name: x, match: "1", trunk: theirs}]')
  const owners = new Map([['theirs', 'acme']])
  const known = { trunks: new Set(['theirs', 'common']), owners }
  const { faults } = checkTogether([...docs, shared, borrower, main], known)
  t.deepEqual(
    faults
      .filter(({ message }) => /theirs/.test(message))
      .map(({ document, path, message }) => `${document}: ${path}: ${message}`),
    [
      "beta: rules[0].trunk: the trunk theirs is acme's",
      "beta: use: carriers, which this plan uses, says rules[0].trunk: the trunk theirs is acme's",
      "globex: rules[0].trunk: the trunk theirs is acme's",
      "globex: emergency.trunk: the trunk theirs is acme's",
      "globex: trunk_groups.outside.trunks[0]: the trunk theirs is acme's",
      "main: rules[0].trunk: the trunk theirs is acme's",
    ],
  )
  t.deepEqual(checkTogether(docs.slice(0, 1), known).faults, [])
})
