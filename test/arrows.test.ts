import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'

const root = path.join(import.meta.dirname, '..')

/** From folder or file → what of the project it may import besides itself. The longest name that fits decides. */
const ARROWS: Record<string, readonly string[]> = {
  proto: [],
  cluster: ['proto'],
  'cluster/raft': [],
  'cluster/tables': ['cluster/raft', 'proto/churn-map.ts'],
  'node/engine': ['proto/churn-map.ts'],
  'node/damage.ts': [],
  'node/yaml.ts': ['node/closest.ts', 'node/damage.ts', 'proto'],
  'node/config.ts': [
    'node/yaml.ts',
    'node/closest.ts',
    'node/config-schema.ts',
    'node/config-sip.ts',
    'cluster',
    'proto',
  ],
  'node/config-sip.ts': [
    'node/yaml.ts',
    'node/config-schema.ts',
    'node/engine/transport',
    'node/sip/offences.ts',
    'node/sip/origin.ts',
    'node/sip/source.ts',
  ],
  'node/sip': ['node/engine', 'cluster', 'proto'],
  'node/trace': ['node/engine', 'proto/churn-map.ts'],
  'node/media': ['cluster', 'proto'],
  'node/routing': ['node/yaml.ts', 'node/damage.ts', 'node/closest.ts', 'cluster', 'proto'],
  'node/admission': ['node/calls/admission.ts', 'node/routing', 'cluster', 'proto'],
  'node/trunks': ['node/yaml.ts', 'node/damage.ts', 'node/closest.ts', 'node/sip', 'cluster', 'proto'],
  'node/calls': ['node/routing', 'node/trunks', 'node/sip', 'node/media', 'cluster', 'proto'],
  'node/cdr': ['cluster', 'proto'],
  'node/profile': ['cluster', 'proto'],
  'node/control': [
    'node/admission',
    'node/profile',
    'node/routing',
    'node/replay',
    'node/cdr/config.ts',
    'node/cdr/fields.ts',
    'cluster',
    'proto',
  ],
  'node/replay': ['node/routing', 'cluster', 'proto'],
  'node/phone': ['node/sip', 'node/media', 'cluster', 'proto'],
  node: ['node', 'cluster', 'proto'],
  cli: ['proto'],
  'cli/main.ts': ['cli', 'proto'],
  // These run nodes, an engine or phones in their own process, or read a lab's files; all else talks gRPC.
  'cli/commands/node.ts': ['cli', 'node', 'cluster', 'proto'],
  'cli/commands/engine.ts': ['cli', 'node/engine', 'node/log.ts', 'proto'],
  'cli/commands/phone.ts': ['cli', 'node', 'cluster', 'proto'],
  'cli/commands/init.ts': ['cli', 'node', 'cluster', 'proto'],
  'cli/commands/join.ts': ['cli', 'node', 'cluster', 'proto'],
  'cli/commands/schema.ts': ['cli', 'node', 'cluster', 'proto'],
  'cli/commands/recover.ts': ['cli', 'node', 'cluster', 'proto'],
  'cli/commands/snapshot.ts': ['cli', 'node', 'cluster', 'proto'],
  'cli/commands/demo.ts': ['cli', 'node', 'cluster', 'proto'],
  'cli/demo': ['cli', 'node', 'cluster', 'proto'],
  'cli/lab': ['cli', 'node', 'cluster', 'proto'],
  'cli/trace': ['proto'],
  'cli/tui': ['cli/trace', 'proto'],
}

/** Files without IO, clock or randomness: what they decide depends on their arguments alone. */
const PURE = [
  'proto/regex.ts',
  'proto/search.ts',
  'proto/filter.ts',
  'cluster/raft',
  'cluster/tables',
  'cluster/wire.ts',
  'cluster/halves.ts',
  'cluster/port.ts',
  'cluster/duty.ts',
  'cluster/loads.ts',
  'cluster/lost-leader.ts',
  'cluster/tables-watch.ts',
  'cluster/handover.ts',
  'cluster/handovers.ts',
  'cluster/marks.ts',
  'cluster/membership.ts',
  'cluster/turns.ts',
  'node/damage.ts',
  'node/routing',
  'node/replay/again.ts',
  'node/profile/aor.ts',
  'node/profile/circles.ts',
  'node/profile/profile.ts',
  'node/control/access.ts',
  'node/sip/digest.ts',
  'node/sip/passport.ts',
  'node/sip/authorize.ts',
  'node/sip/nonce.ts',
  'node/sip/nonce-counts.ts',
  'node/sip/identify.ts',
  'node/sip/contacts.ts',
  'node/sip/extensions.ts',
  'node/sip/bound.ts',
  'node/sip/asked.ts',
  'node/sip/gruu.ts',
  'node/sip/refresh.ts',
  'node/sip/policy.ts',
  'node/sip/offences.ts',
  'node/sip/origin.ts',
  'node/sip/kept.ts',
  'node/sip/address.ts',
  'node/media/plan.ts',
  'node/admission/concerns.ts',
  'node/admission/countries.ts',
  'node/admission/deck.ts',
  'node/admission/decks.ts',
  'node/admission/period.ts',
  'node/admission/said.ts',
  'node/trunks/numbers.ts',
  'node/trunks/codecs.ts',
  'node/trunks/health.ts',
  'node/trunks/invite.ts',
  'node/trunks/spec.ts',
  'node/calls/call.ts',
  'node/calls/ended.ts',
  'node/calls/refusals.ts',
  'node/cdr/fields.ts',
  'node/cdr/config.ts',
  'node/calls/best.ts',
  'node/calls/steps.ts',
  'node/calls/look.ts',
  'node/calls/origin.ts',
  'node/calls/refer.ts',
  'node/trace/redact.ts',
  'node/trace/ring.ts',
  'node/engine/parser',
  'node/engine/core/admission.ts',
  'node/engine/core/help.ts',
  'node/engine/core/proxy-choice.ts',
  'node/engine/core/proxy-request.ts',
  'node/engine/core/proxy-token.ts',
  'node/engine/dialog',
  'node/engine/transport/help.ts',
  'node/engine/transaction/machines.ts',
  'node/engine/transaction/key.ts',
  'cli/certs/der.ts',
  'cli/trace',
  'cli/completion.ts',
  'cli/tui/model.ts',
  'cli/tui/keys.ts',
  'cli/tui/ladder.ts',
  'cli/tui/rows.ts',
  'cli/tui/columns.ts',
  'cli/tui/filter.ts',
  'cli/tui/spark.ts',
]
const IMPURE =
  /\bawait\b|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bsetTimeout\b|\bsetInterval\b|\bprocess\.|\bperformance\.|from 'node:(fs|net|dgram|http|child_process|timers|worker_threads|os)|\brandomBytes\b|\brandomUUID\b/

test('imports go down and never sideways', (t) => {
  const wrong: string[] = []
  for (const file of sources()) {
    const from = owner(file)
    const allowed = [from.key, ...from.may]
    for (const target of imports(file)) {
      if (!allowed.some((folder) => within(target, folder))) wrong.push(`${file} imports ${target}`)
    }
  }
  t.deepEqual(wrong, [])
})

test('sip, media and control are joined by node.ts alone', (t) => {
  const wrong: string[] = []
  for (const one of ['node/sip', 'node/media', 'node/control']) {
    for (const file of sources().filter((name) => within(name, one))) {
      for (const target of imports(file)) {
        for (const other of ['node/sip', 'node/media', 'node/control', 'node/calls']) {
          if (other !== one && within(target, other)) wrong.push(`${file} imports ${target}`)
        }
      }
    }
  }
  t.deepEqual(wrong, [])
})

test('the consensus core imports nothing from outside its folder, no package either', (t) => {
  const packages = sources()
    .filter((file) => within(file, 'cluster/raft'))
    .flatMap((file) => specifiers(file).filter((name) => !name.startsWith('.')))
  t.deepEqual(packages, [])
})

test('pure files have no await, clock, randomness or IO', (t) => {
  const files = sources().filter((file) => PURE.some((pure) => within(file, pure)))
  t.true(files.length > 20, `only ${files.length} pure files found`)
  const wrong = files.flatMap((file) =>
    code(file)
      .split('\n')
      .flatMap((line, i) => (IMPURE.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  )
  t.deepEqual(wrong, [])
})

test('every folder has a page that says what it promises', (t) => {
  const folders = [
    'cluster',
    'cluster/raft',
    'node',
    'node/engine',
    'node/sip',
    'node/routing',
    'node/media',
    'node/trace',
    'node/calls',
    'node/replay',
    'node/admission',
    'node/trunks',
    'node/cdr',
    'node/profile',
    'cli',
    'cli/certs',
    'cli/plan',
    'cli/trace',
  ]
  t.deepEqual(
    folders.filter((folder) => !readdirSync(path.join(root, folder)).includes('README.md')),
    [],
  )
})

function owner(file: string): { key: string; may: readonly string[] } {
  const key = Object.keys(ARROWS)
    .filter((name) => within(file, name))
    .sort((a, b) => b.length - a.length)[0]
  if (key === undefined) throw new Error(`${file} is in no folder that test/arrows.test.ts knows`)
  return { key, may: ARROWS[key] ?? [] }
}

function within(file: string, folder: string): boolean {
  return file === folder || file.startsWith(folder + '/')
}

function sources(): string[] {
  return ['cli', 'node', 'cluster', 'proto']
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
    )
    .filter((name) => /\.tsx?$/.test(name) && !name.startsWith('proto/types'))
}

function imports(file: string): string[] {
  return specifiers(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => path.join(path.dirname(file), name))
}

function specifiers(file: string): string[] {
  return [...code(file).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '')
}

function code(file: string): string {
  return readFileSync(path.join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '')
}
