/** Every verb of the nouns that routing, money and people are managed by: has help with an example, prints JSON, and completes. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Command } from 'commander'
import { auditCommand } from '../../cli/commands/audit.ts'
import { callCommand } from '../../cli/commands/call.ts'
import { cdrCommand } from '../../cli/commands/cdr.ts'
import { creditCommand } from '../../cli/commands/credit.ts'
import { limitCommand } from '../../cli/commands/limit.ts'
import { operatorCommand } from '../../cli/commands/operator.ts'
import { planCommand } from '../../cli/commands/plan.ts'
import { rateCommand } from '../../cli/commands/rate.ts'
import { routeCommand } from '../../cli/commands/route.ts'
import { schemaCommand } from '../../cli/commands/schema.ts'
import { tenantCommand } from '../../cli/commands/tenant.ts'
import { trunkCommand } from '../../cli/commands/trunk.ts'
import { userCommand } from '../../cli/commands/user.ts'
import { nextOf, SCRIPTS } from '../../cli/completion.ts'
import { authorization, newCallId, rawPhone, registerOnce, request } from '../acceptance/sip.ts'
import { until } from '../nemesis/until.ts'
import { oneNode } from '../node/control/node.ts'
import { raftelAt } from '../node/control/raftel.ts'
import { which } from '../peers.ts'
import { SHELLS, tabbed } from './shells.ts'

const NOUNS = [
  planCommand(),
  routeCommand(),
  callCommand(),
  auditCommand(),
  trunkCommand(),
  limitCommand(),
  creditCommand(),
  rateCommand(),
  cdrCommand(),
  tenantCommand(),
  userCommand(),
  operatorCommand(),
  schemaCommand(),
]

/** With the way to it, as it is typed. */
function* verbsOf(command: Command, above = ''): Iterable<{ readonly verb: string; readonly command: Command }> {
  const verb = `${above}${command.name()}`
  const below = command.commands.filter((one) => one.name() !== 'help')
  if (below.length === 0) yield { verb, command }
  for (const one of below) yield* verbsOf(one as Command, `${verb} `)
}

const VERBS = NOUNS.flatMap((noun) => [...verbsOf(noun)])

test('every verb has help with an example of itself', (t) => {
  t.true(VERBS.length > 60, `${VERBS.length} verbs`)
  for (const { verb, command } of VERBS) {
    let help = ''
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
    t.regex(help, /^Usage: /, verb)
    const examples = help.slice(help.indexOf('Examples:'))
    t.true(examples.startsWith('Examples:\n') && examples.includes(`raftel ${verb}`), `${verb}:\n${help}`)
  }
})

test('every verb, and every option of it, stands in what a shell is offered', (t) => {
  const program = new Command('raftel')
  for (const noun of NOUNS) program.addCommand(noun)
  for (const { verb, command } of VERBS) {
    const words = verb.split(' ')
    t.true(nextOf(program, words).words.includes(words.at(-1)!), verb)
    const { words: options } = nextOf(program, [...words, '--'])
    for (const { long } of command.options)
      t.true(long === undefined || long === null || options.includes(long), `${verb} ${long}`)
  }
})

const PLAN = `domains: [pbx.test]
users: {alice@pbx.test: {numbers: ["1001"]}, bob@pbx.test: {}}
tests: [{name: t, call: "1001", expect: {user: alice}}]
`

/** In their order: what a verb needs is there by then. `$dir` is a directory of files, `$call` a call that rings, `$token` one of an operator. */
const RUNS: readonly (readonly [words: string, stdin?: string])[] = [
  ['plan validate $dir/plan.yaml'],
  ['plan commit $dir/plan.yaml'],
  ['plan test'],
  ['plan diff $dir/plan.yaml'],
  ['plan log'],
  ['plan show --version 1'],
  ['plan ls'],
  ['plan commit $dir/other.yaml --document other'],
  ['plan remove other'],
  ['plan rollback 1'],
  ['user add alice@pbx.test --password-stdin', 'x'],
  ['user add bob@pbx.test --password-stdin', 'x'],
  ['user import $dir/users.csv'],
  ['user set bob@pbx.test --name Bob'],
  ['user ls'],
  ['user show bob@pbx.test'],
  ['user export'],
  ['user rm carol@pbx.test'],
  ['$ring'],
  ['call ls'],
  ['call show $call'],
  ['call explain $call'],
  ['call trace $call'],
  ['call hangup $call'],
  ['$over'],
  ['plan replay $dir/plan.yaml'],
  ['route explain alice@pbx.test bob --plan $dir/plan.yaml'],
  ['cdr ls'],
  ['cdr show $call'],
  ['cdr export'],
  ['cdr sink add files --kind jsonl --target $dir/cdr'],
  ['cdr sink ls'],
  ['cdr sink pause files'],
  ['cdr sink resume files'],
  ['cdr sink rm files'],
  ['trunk add a --target sip:127.0.0.1:9'],
  ['trunk set a max_calls=3'],
  ['trunk apply $dir/trunks.yaml'],
  ['trunk ls'],
  ['trunk show a'],
  ['trunk status'],
  ['trunk disable a'],
  ['trunk enable a'],
  ['trunk rm a'],
  ['limit set tenant:pbx.test --calls 5'],
  ['limit ls'],
  ['limit show tenant:pbx.test'],
  ['limit rm tenant:pbx.test'],
  ['credit add user:alice@pbx.test 5 --reason gift'],
  ['credit ls'],
  ['credit show user:alice@pbx.test'],
  ['credit history user:alice@pbx.test'],
  ['rate import retail $dir/rates.csv'],
  ['rate ls'],
  ['rate show retail'],
  ['rate price +4930123456 --deck retail'],
  ['rate rm retail'],
  ['tenant add acme --display Acme'],
  ['tenant set acme --currency EUR'],
  ['tenant ls'],
  ['tenant show acme'],
  ['tenant rm acme'],
  ['schema plan'],
  ['audit ls --since 1h'],
  ['audit show 1'],
  ['audit export'],
  // From here on nobody does anything without a token.
  ['operator add ann --role admin'],
  ['operator add ben --role viewer'],
  ['operator set ben --disabled on'],
  ['operator ls'],
  ['operator rotate ben'],
  ['operator rm ben'],
]

function files(t: ExecutionContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-verbs-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const write = (name: string, text: string) => writeFileSync(path.join(dir, name), text)
  write('plan.yaml', PLAN)
  write('other.yaml', 'domains: [other.test]\n')
  write('users.csv', 'aor,password,name\ncarol@pbx.test,secret,Carol\n')
  write('trunks.yaml', 'b: {targets: ["sip:127.0.0.1:9"]}\n')
  write('rates.csv', 'prefix,price\n49,0.02\n')
  return dir
}

/** Bob's phone rings when alice calls, until the call is ended. */
async function ring(t: ExecutionContext, sip: string): Promise<void> {
  const [alice, bob] = await Promise.all([rawPhone(sip), rawPhone(sip)])
  t.teardown(() => {
    alice.close()
    bob.close()
  })
  if ((await registerOnce(bob, 'bob@pbx.test', 'x'))?.status !== 200) throw new Error('bob is not registered')
  const rung = new Promise<string>((resolve) => bob.onRequest('INVITE', resolve))
  const uri = 'sip:bob@pbx.test'
  const callId = newCallId()
  const words = { method: 'INVITE', uri, from: 'sip:alice@pbx.test', to: uri, callId }
  const first = await alice.ask(request(alice.port, { ...words, cseq: 1 }), callId, 1)
  const challenge = first?.headers('proxy-authenticate').find((one) => one.includes('algorithm=MD5')) ?? ''
  const credentials = { challenge, algorithm: 'MD5', user: 'alice', password: 'x', method: 'INVITE', uri } as const
  const headers = [`Proxy-Authorization: ${authorization(credentials)}`]
  alice.send(request(alice.port, { ...words, cseq: 2, headers }))
  await rung
}

/** The call, once the tables have it. */
async function ringing(raftel: ReturnType<typeof raftelAt>): Promise<string> {
  let id = ''
  await until(
    'the call is in the table',
    async () => {
      const [row] = JSON.parse((await raftel(['call', 'ls', '-o', 'json'])).out) as readonly { id: string }[]
      id = row?.id ?? ''
      return id !== ''
    },
    30_000,
  )
  return id
}

test.serial('every verb prints JSON that a program can read when it is asked to', async (t) => {
  t.timeout(600_000)
  const { client, sip } = await oneNode(t)
  const raftel = raftelAt(client)
  const known: Record<string, string> = { $dir: files(t) }
  const ran = new Set<string>()
  for (const [line, stdin] of RUNS) {
    if (line === '$ring') {
      await ring(t, sip)
      known.$call = await ringing(raftel)
      continue
    }
    if (line === '$over') {
      const isOver = async () => (await raftel(['cdr', 'show', known.$call!])).code === 0
      await until('the call has left a record', isOver, 30_000)
      continue
    }
    const words = line.replace(/\$[a-z]+/g, (name) => known[name] ?? name).split(' ')
    const as = known.$token === undefined ? [] : ['--token-file', known.$token]
    const { code, out, err } = await raftel([...words, '-o', 'json', ...as], stdin)
    t.is(code, 0, `raftel ${line}: ${err}`)
    t.notThrows(() => JSON.parse(out), `raftel ${line}: ${out.slice(0, 300)}`)
    if (line.startsWith('operator add ann')) {
      known.$token = path.join(known.$dir!, 'token')
      writeFileSync(known.$token, (JSON.parse(out) as { token: string }).token, { mode: 0o600 })
    }
    for (const { verb } of VERBS) if (line === verb || line.startsWith(`${verb} `)) ran.add(verb)
  }
  t.deepEqual(
    VERBS.map(({ verb }) => verb).filter((verb) => !ran.has(verb)),
    [],
    'all of them',
  )
})

test.serial('shells complete all verbs, and the users, trunks, nodes and calls that there are', async (t) => {
  t.timeout(600_000)
  const { client, sip } = await oneNode(t)
  const raftel = raftelAt(client)
  const bin = files(t)
  const main = path.join(import.meta.dirname, '..', '..', 'cli', 'main.ts')
  writeFileSync(path.join(bin, 'raftel'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`)
  chmodSync(path.join(bin, 'raftel'), 0o755)
  for (const user of ['alice', 'bob']) await raftel(['user', 'add', `${user}@pbx.test`, '--password-stdin'], 'x')
  await raftel(['plan', 'commit', path.join(bin, 'plan.yaml')])
  await raftel(['trunk', 'add', 'carrier', '--target', 'sip:127.0.0.1:9'])
  const endpoint = client.getChannel().getTarget().replace(/^dns:/, '')
  const shells = SHELLS.filter((one) => which(one) !== null)
  t.true(shells.length > 0)
  for (const shell of shells) {
    const offers = (line: string) => tabbed(shell, SCRIPTS[shell], `--endpoints ${endpoint} ${line}`, bin)
    await ring(t, sip)
    const id = await ringing(raftel)
    t.deepEqual(await offers('call explain '), [id], shell)
    t.is((await raftel(['call', 'hangup', id])).code, 0)
    await until('the call is over', async () => (await raftel(['cdr', 'show', id])).code === 0, 30_000)
    t.deepEqual(await offers('user show '), ['alice@pbx.test', 'bob@pbx.test'], shell)
    t.deepEqual(await offers('trunk show '), ['carrier'], shell)
    t.deepEqual(await offers('cluster promote '), ['n1'], shell)
    t.deepEqual(await offers('plan v'), ['validate'], shell)
  }
})
