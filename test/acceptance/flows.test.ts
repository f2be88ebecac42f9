import test from 'ava'
import { device } from '../node/sip/device.ts'
import { answering } from '../node/sip/support.ts'
import { withLab } from './lab.ts'

const INSTANCE = '<urn:uuid:00000000-0000-1000-8000-000a95a0e128>'

interface Row {
  readonly contact: string
  readonly node: string
  readonly state: string
}

test('a phone with connections to two nodes is called through the one that has them, and by the other when a node is killed', async (t) => {
  await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
    await lab.founded()
    await lab.commitPlan('domains: [pbx.test]\n')
    await lab.addUser('alice@pbx.test', 'alice-secret')
    await lab.addUser('bob@pbx.test', 'bob-secret')
    const [far, near, dies] = lab.nodes
    if (!far || !near || !dies) throw new Error('a lab of three has three nodes')

    const register = async (at: string, regId: number) => {
      const flow = await device(t, at, 'tcp')
      const contact = `<sip:alice@192.168.1.2:5060;transport=tcp;ob>;reg-id=${regId};+sip.instance="${INSTANCE}"`
      const ok = await flow.register(['Supported: path, outbound, gruu', `Contact: ${contact}`])
      t.regex(ok, /^SIP\/2.0 200/)
      return { ...flow, temporary: /;temp-gruu="([^"]*)"/.exec(ok)![1]! }
    }
    const first = await register(near.sip, 1)
    const second = await register(dies.sip, 2)
    // The first node of the lab answers, which is the far one.
    const rows = () => lab.json<Row[]>(['reg', 'ls'])
    const statesAt = (all: readonly Row[]) => Object.fromEntries(all.map(({ node, state }) => [node, state]))
    await lab.until('both flows are known', rows, (all) => all.length === 2)
    const shown = await lab.json<{ instance: string; regId: number }[]>(['reg', 'show', 'alice@pbx.test'])
    t.deepEqual(shown.map(({ regId }) => regId).sort(), [1, 2])
    t.is(shown[0]!.instance, INSTANCE)
    t.is((await lab.raftel(['reg', 'show', 'alice@PBX.test'])).code, 0)
    t.is((await lab.raftel(['reg', 'show', 'nobody@pbx.test'])).code, 3)
    t.is((await lab.raftel(['reg', 'show', 'nobody'])).code, 2)

    const bob = await device(t, far.sip, 'tcp')
    const busy = async (flow: typeof first): Promise<void> => {
      const invite = await flow.next('INVITE')
      flow.send('SIP/2.0 486 Busy Here', answering(invite))
      await bob.next(/^SIP\/2.0 486/)
    }
    for (const uri of ['sip:alice@pbx.test', first.temporary]) {
      await bob.invite(uri, 'bob')
      await busy(second)
    }
    t.is(first.count('INVITE'), 0, 'one flow of a phone is enough')

    process.kill(dies.pid, 'SIGKILL')
    const lost = await lab.until('the far node has lost sight', rows, (all) => statesAt(all)[dies.id] === 'unverified')
    t.deepEqual(statesAt(lost), { [near.id]: 'leased', [dies.id]: 'unverified' })
    await bob.invite('sip:alice@pbx.test', 'bob')
    await busy(first)
  })
})
