import { rmSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { withLab } from './lab.ts'
import { newCallId, rawPhone, request } from './sip.ts'

test.serial(
  'a lab that was killed whole is started again node by node, also by several commands at once',
  async (t) => {
    await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
      await lab.addUser('alice@pbx.test', 'x')
      await Promise.all(lab.nodes.map(({ id }) => lab.kill(id)))

      const start = (id: string) => lab.raftel(['lab', 'start', id, '--dir', lab.dir])
      const first = await start('n1')
      t.is(first.code, 0, first.stderr)
      t.regex(first.stderr, /no majority/)
      const others = await Promise.all([start('n2'), start('n3')])
      t.deepEqual(
        others.map(({ code }) => code),
        [0, 0],
        others.map(({ stderr }) => stderr).join(''),
      )

      const status = await lab.until('three reachable nodes', lab.status, ({ nodes }) =>
        nodes.every((n) => n.reachable),
      )
      t.is(status.nodes.length, 3)
      t.is((await lab.json<unknown[]>(['user', 'ls'])).length, 1)
      // However many commands were at it at once, every node is found by its name.
      await Promise.all(lab.nodes.map(({ id }) => lab.kill(id)))
    })
  },
)

test.serial('a node that comes back without its tables has them before it answers a phone', async (t) => {
  await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
    await lab.addUser('alice@pbx.test', 'x')
    await lab.commitPlan('domains: [pbx.test]\n')
    const n3 = lab.nodes[2]!
    await lab.founded()
    await lab.kill(n3.id)
    rmSync(path.join(lab.dir, 'data', n3.id), { recursive: true })
    await lab.replace(n3.id)
    const phone = await rawPhone(n3.sip)
    t.teardown(() => phone.close())
    const starting = lab.start(n3.id)
    const aor = 'sip:alice@pbx.test'
    const words = { method: 'REGISTER', uri: 'sip:pbx.test', from: aor, to: aor, cseq: 1 }
    const asked: string[] = []
    const first = await lab.until(
      'an answer of the node',
      async () => {
        const callId = newCallId()
        asked.push(callId)
        phone.send(request(phone.port, { ...words, callId }))
        // Also of those that were asked before: a node that is busy answers late.
        const answers = await Promise.all(asked.map((one) => phone.final(one, 1, 20)))
        return answers.find((answer) => answer !== null && answer.status !== 503) ?? null
      },
      (answer) => answer !== null,
      60_000,
    )
    t.is(first?.status, 401, first?.raw)
    await starting
  })
})
