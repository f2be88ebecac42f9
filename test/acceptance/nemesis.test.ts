/** The short runs of the nemesis that CI makes. Their seeds are fixed, so that every kind of fault is in its time. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { needing } from '../peers.ts'
import { ROOT } from './lab.ts'

/** The longer one takes about two minutes on two cores with nothing else on them. Whatever it waits for has a bound of its own. */
const BOUND_MS = 600_000
const PROGRAM = [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  path.join(ROOT, 'test', 'nemesis', 'run.ts'),
] as const

test.serial('under a minute of faults of every kind, three nodes lose nothing that they acknowledged', async (t) => {
  const said = await nemesis(t, [...PROGRAM, '--nodes', '3', '--minutes', '1', '--seed', '35'])
  // What this machine allows is drawn in a minute of this seed.
  const struck = /^faults: (.*)$/m.exec(said)?.[1] ?? ''
  const planned = said.split('\n').flatMap((line) => /^ +\d+\.\d s to +\d+\.\d s {2}(\S+)/.exec(line)?.[1] ?? [])
  for (const kind of new Set(planned)) t.regex(struck, new RegExp(`\\b${kind} \\d`), said)
})

const isRoot = process.getuid?.() === 0
/** Nobody, who may still read these files wherever they are: what they belong to is often root. */
const NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=+dac_override']
const unprivileged = isRoot ? ['setpriv', ...NOBODY, '--ambient-caps=+dac_override', '--'] : []

needing(test, ...(isRoot ? (['setpriv'] as const) : [])).serial(
  'whoever is not root has the nodes on loopback, hears which faults there are not, and the rest strike and are judged',
  async (t) => {
    const faults = ['--faults', 'kill,pause,partition', '--minutes', '0.15', '--seed', '7']
    const said = await nemesis(t, [...unprivileged, ...PROGRAM, '--nodes', '3', ...faults])
    t.regex(said, /^on loopback, without faults of the network: there is no root/m)
    t.regex(said, /^NOT AMONG THE FAULTS: partition: needs network namespaces$/m)
    t.regex(said, /^3 nodes on loopback, seed 7/m)
    t.regex(said, /^faults: kill 1, pause 1$/m)
  },
)

/** Runs it to its end, which must be a good one; what it said. */
async function nemesis(t: ExecutionContext, [program = '', ...args]: readonly string[]): Promise<string> {
  t.timeout(BOUND_MS)
  const child = spawn(program, args, { stdio: 'pipe' })
  t.teardown(() => child.kill())
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const code = await new Promise((resolve) => child.on('close', resolve))
  t.is(code, 0, verdictFirst(said))
  t.regex(said.trimEnd().split('\n').at(-1) ?? '', /^\d+ passed, 0 failed$/)
  return said
}

/** What failed comes first: whoever prints what a test said prints its beginning. */
function verdictFirst(said: string): string {
  // With the lines that are further in: those say what was found.
  const failed = said.match(/^FAILED.*(\n +.*)*/gm) ?? [said.trimEnd().split('\n').slice(-10).join('\n')]
  return [...failed, '', said].join('\n')
}
