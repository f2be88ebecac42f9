/** A call keeps the plan that it began with; who calls after a commit has the new one. */
import test from 'ava'
import { readPlan } from '../../../node/routing/plan.ts'
import type { Invitation } from '../../../node/sip/port.ts'
import { agreed } from '../../cluster/nodes.ts'
import { port, soon } from '../sip/support.ts'
import { answers, call, listener, nodes, phone } from './rig.ts'

test('a hunt goes on by the plan that it began with, though another refuses such calls meanwhile', async (t) => {
  const rules = 'rules: [{name: h, match: "2", hunt: {order: serial, users: [dave, bob], seconds: 30}}]'
  const [n1] = await nodes(t, 1, rules)
  const rung = Promise.withResolvers<Invitation>()
  const bob = listener()
  await phone(t, n1!, 'dave', (invitation) => rung.resolve(invitation))
  await phone(t, n1!, 'bob', answers(bob))
  const alice = await port(t)
  const first = call(alice, n1!, '2').outcome
  const atDave = await soon('the call at dave', rung.promise)

  const text = 'domains: [pbx.test]\nrules: [{name: h, match: "2", reject: {status: 403}}]\n'
  const read = readPlan(text)
  if (read.kind !== 'ok') return t.fail(JSON.stringify(read.faults))
  await agreed(n1!.cluster, { type: 'plan-commit', expect: 1, text, plan: read.plan, author: 'test', at: 2 })
  t.is(n1!.cluster.tables.planVersion, 2)
  t.like(await soon('a refusal', call(alice, n1!, '2').outcome), { kind: 'refused', status: 403 })

  atDave.reply(486)
  const outcome = await soon('an answer of bob', first)
  t.is(outcome.kind, 'answered')
  t.is(n1!.calls.live().find(({ to }) => to === '2')?.planVersion, 1, 'and its record says so')
  if (outcome.kind === 'answered') outcome.dialog.bye()
  await soon('BYE', bob.bye)
})
