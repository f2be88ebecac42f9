import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import { type Phone, startPhone } from '../../../node/phone/phone.ts'
import { keptLog, until } from '../media/rig.ts'
import { oneServer, type Server } from './server.ts'

async function onePhone(t: ExecutionContext, server: Server, user: string, password = 'secret'): Promise<Phone> {
  const phone = await startPhone({ aor: `${user}@pbx.test`, password, registrar: server.address, log: keptLog() })
  t.teardown(() => phone.close())
  return phone
}

test('a phone proves itself with the strongest digest, and takes its binding back when it closes', async (t) => {
  const server = await oneServer(t)
  const phone = await onePhone(t, server, 'alice')
  t.deepEqual(await phone.register(), { kind: 'registered', expires: 300 })
  await phone.close()
  t.deepEqual(server.registered, [
    { user: 'alice', expires: 300, algorithm: 'SHA-256' },
    { user: 'alice', expires: 0, algorithm: 'SHA-256' },
  ])
})

test('a phone registers again before its binding expires', async (t) => {
  const server = await oneServer(t, { expires: 1 })
  const phone = await onePhone(t, server, 'alice')
  t.deepEqual(await phone.register(), { kind: 'registered', expires: 1 })
  await until(() => server.registered.length >= 3)
  t.true(server.registered.every(({ expires }) => expires === 1))
})

test('a wrong password is refused and not tried for ever', async (t) => {
  const phone = await onePhone(t, await oneServer(t), 'alice', 'wrong')
  t.deepEqual(await phone.register(), { kind: 'refused', status: 403 })
})

test('two registered phones call each other through the server, with proof, and hear each other', async (t) => {
  const server = await oneServer(t)
  const [alice, bob] = [await onePhone(t, server, 'alice'), await onePhone(t, server, 'bob')]
  await Promise.all([alice.register(), bob.register()])
  const calling = alice.call('bob@pbx.test', { seconds: 2 })
  await until(() => alice.calls()[0]?.state === 'answered' && bob.calls()[0]?.state === 'answered')
  t.true(await alice.calls()[0]!.hold())
  t.true(await alice.calls()[0]!.unhold())
  t.like(await calling, { answered: true, status: 200, heard: true, to: 'bob@pbx.test' })
  t.like(await alice.call('nobody', { seconds: 1 }), { answered: false, status: 404, to: 'nobody@pbx.test' })
})

const command = `
  import { Command } from 'commander'
  const { addGlobals } = await import(process.env.CLI + 'globals.ts')
  const { EXIT } = await import(process.env.CLI + 'failure.ts')
  const { phoneCommand } = await import(process.env.CLI + 'commands/phone.ts')
  const program = addGlobals(new Command('raftel')).addCommand(phoneCommand())
  await program.parseAsync(['node', 'raftel', ...process.env.ARGS.split(' ')]).catch((error) => {
    console.error(error.message)
    process.exitCode = EXIT[error.kind] ?? 70
  })`

function raftelPhone(t: ExecutionContext, args: string, password = 'secret'): ChildProcessWithoutNullStreams {
  const CLI = new URL('../../../cli/', import.meta.url).href
  const child = spawn(process.execPath, ['--input-type=module', '-e', command], {
    env: { ...process.env, CLI, ARGS: `phone ${args} --password-stdin -o ndjson` },
  })
  t.teardown(() => child.kill('SIGKILL'))
  child.stdin.end(`${password}\n`)
  return child
}

/** Its exit code, and its stdout line by line as JSON. */
async function ended(child: ChildProcessWithoutNullStreams): Promise<{ code: number; said: unknown[] }> {
  let text = ''
  child.stdout.on('data', (chunk) => (text += String(chunk)))
  const [code] = await once(child, 'close')
  return {
    code,
    said: text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  }
}

for (const transport of ['udp', 'tcp'] as const) {
  test(`raftel phone calls raftel phone over ${transport}: a record for each call, exit 0 because both were heard`, async (t) => {
    const server = await oneServer(t, { transport })
    const registrar = `${server.address};transport=${transport}`
    const bob = ended(raftelPhone(t, `--aor bob@pbx.test --registrar ${registrar} --count 2`))
    await until(() => server.registered.length === 1)
    const alice = await ended(
      raftelPhone(t, `--aor alice@pbx.test --registrar ${registrar} --call bob@pbx.test --count 2 --seconds 1.6`),
    )
    t.is(alice.code, 0)
    t.is(alice.said.length, 2)
    t.like(alice.said[0], { from: 'alice@pbx.test', to: 'bob@pbx.test', answered: true, heard: true })
    const answering = await bob
    t.is(answering.code, 0)
    t.like(answering.said[1], { answered: true, heard: true })
    t.is(server.registered.filter(({ expires }) => expires === 0).length, 2)
  })
}

test('raftel phone exits 1 for a call that was not heard, 4 for a wrong password, 2 for a wrong address', async (t) => {
  const server = await oneServer(t)
  const alice = `--aor alice@pbx.test --registrar ${server.address}`
  const missed = await ended(raftelPhone(t, `${alice} --call nobody --seconds 1`))
  t.is(missed.code, 1)
  t.like(missed.said[0], { answered: false, heard: false, status: 404 })
  t.like(await ended(raftelPhone(t, alice, 'wrong')), { code: 4, said: [] })
  t.like(await ended(raftelPhone(t, `--aor alice --registrar ${server.address}`)), { code: 2, said: [] })
})
