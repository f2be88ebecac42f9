import test from 'ava'
import type { BindingRow, RegistrationRow } from '../../../cluster/tables/rows.ts'
import { contactsOf } from '../../../node/calls/targets.ts'

const AOR = 'alice@pbx.test'

const binding = (name: string, node: string, q: number): BindingRow => ({
  ...{ aor: AOR, contact: `sip:${name}@192.0.2.1:5060`, transport: 'udp', node, received: '192.0.2.1:5060', q },
  ...{ expiresAt: 1, registeredAt: 1, callId: 'c', cseq: 1, userAgent: '' },
})

test('phones whose node is down ring behind all others, whatever they prefer, and are not forgotten', (t) => {
  const bindings = [
    binding('lost', 'n3', 1),
    binding('best', 'n1', 0.8),
    binding('least', 'n2', 0),
    binding('gone', 'n3', 0.2),
  ]
  const registrations = new Map<string, RegistrationRow>([[AOR, { aor: AOR, bindings }]])
  const order = (...up: string[]): string[] => {
    const nodes = new Map(up.map((id) => [id, { sip: '192.0.2.9:5060', up: true }]))
    const { groups } = contactsOf([{ aors: [AOR], seconds: 20 }], registrations, 'n1', nodes)
    return groups.map(({ contacts }) => contacts.map((one) => one.binding.contact.slice(4, -15)).join())
  }
  t.deepEqual(order('n1', 'n2', 'n3'), ['lost', 'best', 'gone', 'least'])
  t.deepEqual(order('n1', 'n2'), ['best', 'least', 'lost', 'gone'])
})

test('a contact that is no SIP address is missed by name, and the phones beside it ring', (t) => {
  const mail = { ...binding('mail', 'n1', 1), contact: 'mailto:alice@pbx.test' }
  const bindings = [mail, binding('desk', 'n1', 0.5)]
  const registrations = new Map<string, RegistrationRow>([[AOR, { aor: AOR, bindings }]])
  const { groups, missed } = contactsOf([{ aors: [AOR], seconds: 20 }], registrations, 'n1', new Map())
  t.deepEqual(
    groups.flatMap(({ contacts }) => contacts.map((one) => one.binding)),
    [bindings[1]!],
  )
  t.deepEqual(missed, ['alice@pbx.test: mailto:alice@pbx.test is no address that SIP can call'])
})

test('a phone whose connection went with its node rings after all that are in sight, a flow of it only when no other is', (t) => {
  const flow = (name: string, node: string, regId: number) => ({
    ...binding(name, node, 1),
    ...{ transport: 'tcp' as const, instance: '<urn:phone>', regId, usedAt: regId },
  })
  const natted = (name: string, node: string) => ({ ...binding(name, node, 1), received: '198.51.100.1:1' })
  const bindings = [flow('newest', 'n2', 3), natted('far', 'n2'), flow('older', 'n1', 2), natted('near', 'n1')]
  const registrations = new Map<string, RegistrationRow>([[AOR, { aor: AOR, bindings }]])
  const order = (seen: boolean): string[] => {
    const nodes = new Map(['n1', 'n2'].map((id) => [id, { sip: '192.0.2.9:5060', up: id === 'n1' || seen }]))
    const { groups } = contactsOf([{ aors: [AOR], seconds: 20 }], registrations, 'n1', nodes)
    return groups.map(({ contacts }) => {
      return contacts
        .map((one) => [one, ...one.others].map(({ binding }) => binding.contact.slice(4, -15)).join('>'))
        .join()
    })
  }
  t.deepEqual(order(true), ['newest>older,far,near'])
  t.deepEqual(order(false), ['older,near', 'far'], 'of a lost connection nothing is left to try')
})
