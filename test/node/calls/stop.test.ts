import test from 'ava'
import { port, soon } from '../sip/support.ts'
import { answers, call, listener, nodes, phone } from './rig.ts'

test('a node that stops says BYE to both sides of its calls before its engine goes', async (t) => {
  const [n1] = await nodes(t, 1)
  const bob = listener()
  await phone(t, n1!, 'bob', answers(bob))
  const outcome = await soon('an answer', call(await port(t), n1!, '1002').outcome)
  if (outcome.kind !== 'answered') return t.fail(JSON.stringify(outcome))
  const alice = listener()
  outcome.dialog.handle(alice.handlers)

  await n1!.calls.close()
  await n1!.sip.close()
  const reasons = await soon('BYE at both', Promise.all([alice.bye, bob.bye]))
  t.is(reasons.length, 2)
})
