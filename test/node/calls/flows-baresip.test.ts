import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { SipPort } from '../../../node/sip/port.ts'
import { until } from '../../cluster/nodes.ts'
import { needing } from '../../peers.ts'
import { addressOf, soon } from '../sip/support.ts'
import { cameTo, exchange } from './exchange.ts'

/** Two flows to one registrar. What it says grows in `said`. */
function baresip(t: ExecutionContext, sip: SipPort) {
  const folder = mkdtempSync(path.join(tmpdir(), 'raftel-baresip-'))
  const hop = `sip:${addressOf(sip, 'tcp')};transport=tcp`
  const account = [
    '<sip:alice@pbx.test;transport=tcp>',
    'auth_pass=alice-secret',
    `outbound1="${hop}"`,
    `outbound2="${hop}"`,
    'sipnat=outbound',
    'regint=600',
    'answermode=manual',
  ]
  // It will not start on loopback alone; what it sends goes to 127.0.0.1 all the same.
  const [outside] = Object.entries(networkInterfaces()).find(([, all]) => all?.some(({ internal }) => !internal)) ?? []
  const modules = ['module g711.so', 'module_tmp uuid.so', 'module_tmp account.so', 'module_app menu.so']
  const config = [`net_interface ${outside}`, 'module_path /usr/lib/baresip/modules', ...modules]
  for (const [name, lines] of Object.entries({ accounts: [account.join(';')], contacts: [], config })) {
    writeFileSync(path.join(folder, name), `${lines.join('\n')}\n`)
  }
  const child = spawn('baresip', ['-f', folder], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  const { promise: rangTwice, resolve } = Promise.withResolvers<void>()
  const phone = { said: '', calls: () => phone.said.split('Incoming call').length - 1, rangTwice }
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      phone.said += chunk
      if (phone.calls() >= 2) resolve()
    })
  }
  return phone
}

needing(test, 'baresip')(
  'baresip with two flows is one phone: each call rings it once, by its AoR and by its GRUU',
  async (t) => {
    const { sip, cluster, call } = await exchange(t)
    const phone = baresip(t, sip)
    const bindings = () => cluster.tables.registrations.get('alice@pbx.test')?.bindings ?? []
    await until(cluster, 'both flows are bound', () => bindings().length === 2)
    t.deepEqual(
      bindings()
        .map(({ regId }) => regId)
        .sort(),
      [1, 2],
    )
    const [first] = bindings()
    for (const uri of ['sip:alice@pbx.test', `sip:alice@pbx.test;gr=${first!.instance!.slice(1, -1)}`]) {
      const { promise: ringing, resolve } = Promise.withResolvers<number>()
      const dialing = await call(uri, resolve)
      t.is(await soon('a ringing phone', ringing), 180, phone.said)
      dialing.cancel()
      t.is(await cameTo(dialing), 'cancelled')
    }
    await soon('both calls in what it says', phone.rangTwice)
    t.is(phone.calls(), 2, phone.said)
  },
)
