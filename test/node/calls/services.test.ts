import test from 'ava'
import { type Setting, settingOf, starCodes } from '../../../node/calls/services.ts'
import { port, soon } from '../sip/support.ts'
import { call, nodes } from './rig.ts'

test('a star code sets what it says, a forwarding code without a number switches it off', (t) => {
  const is = (...[service, argument, set, reason]: [...Parameters<typeof settingOf>, Setting, string]) =>
    t.deepEqual(settingOf(service, argument), { set, reason })
  is('forward_always', '2000', { forwards: { always: '2000' } }, 'Forwarding is on to 2000')
  is('forward_no_answer', '', { forwards: { noAnswer: null } }, 'Forwarding after no answer is off')
  is('forward_off', '', { forwards: null }, 'Forwarding is off')
  is('dnd_on', '', { dnd: true }, 'Do not disturb is on')
  is('dnd_off', '', { dnd: null }, 'Do not disturb is off')
  is('waiting_off', '', { waiting: false }, 'Call waiting is off')
  is('waiting_on', '', { waiting: null }, 'Call waiting is on')
})

test('who dials a star code hears what came of it, also that nothing did', async (t) => {
  const put: [string, Setting][] = []
  let why: string | null = null
  const services = starCodes(async (aor, set) => {
    put.push([aor, set])
    return why
  })
  const rules = 'services: {"*72.": forward_always, "*78": dnd_on}'
  const [n1] = await nodes(t, 1, rules, 100, { needs: { services } })
  const alice = await port(t)
  const told = async (to: string) => {
    const outcome = await soon('an answer', call(alice, n1!, to).outcome)
    return outcome.kind === 'refused' ? [outcome.status, outcome.reason] : [outcome.kind]
  }
  t.deepEqual(await told('*722000'), [480, 'Forwarding is on to 2000'])
  why = 'no majority'
  t.deepEqual(await told('*78'), [503, 'Nothing is changed: no majority'])
  t.deepEqual(put, [
    ['alice@pbx.test', { forwards: { always: '2000' } }],
    ['alice@pbx.test', { dnd: true }],
  ])
})
