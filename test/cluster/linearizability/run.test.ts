import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { withVectors } from '../../vectors.ts'
import { parseEtcd } from './parse-etcd.ts'
import { parseKv } from './parse-kv.ts'
import { historiesUnder, judge, knownVerdicts } from './run.ts'

withVectors(test, 'linearizability', 'linearizability: every recorded history gets its known verdict', (t, folder) => {
  const verdicts = knownVerdicts(folder)
  t.is(verdicts.size, historiesUnder(folder).length)
  for (const [file, right] of verdicts) {
    const { kind, said } = judge(file)
    if (kind !== (right ? 'linearizable' : 'not-linearizable'))
      return void t.fail(`${path.basename(file)} is ${kind}: ${said}`)
  }
})

test('linearizability: a log that cannot be read says in which line', (t) => {
  t.throws(() => parseEtcd('INFO  jepsen.util - 0\t:invoke\t:read\tnil\nnonsense'), {
    message: /^line 2: not an operation/,
  })
  t.throws(() => parseEtcd('INFO  jepsen.util - 0\t:ok\t:read\tnil'), { message: /^line 1: process 0 returns without/ })
  const call = '{:process 0, :type :invoke, :f :put, :key "k", :value "v"}'
  t.throws(() => parseKv(`${call}\n${call}`), { message: /^line 2: process 0 calls again/ })
  t.throws(() => parseKv('{:process 0, :type :invoke, :f :put, :key "k", :value nil}'), { message: /^line 1: nil/ })
})

const GOOD = 'INFO jepsen.util - 0 :invoke :write 1\nINFO jepsen.util - 0 :ok :write 1\n'
const STALE = `${GOOD}INFO jepsen.util - 1 :invoke :read nil\nINFO jepsen.util - 1 :ok :read nil\n`

function runner(files: Record<string, string>, ...args: string[]): { status: number | null; stdout: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'raftel-histories-'))
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
      writeFileSync(path.join(folder, name), content)
    }
    const run = path.join(import.meta.dirname, 'run.ts')
    return spawnSync(process.execPath, [run, folder, ...args], { encoding: 'utf8' })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('linearizability: the runner fails for a violation, a wrong verdict, an absent file and a file that is no history', (t) => {
  const fine = runner({ 'a/good.log': GOOD })
  t.regex(fine.stdout, /\n1 passed, 0 failed\n$/)
  t.is(fine.status, 0)
  const wrong = runner({ 'a/good.log': GOOD, 'a/stale.log': STALE, 'b.txt': 'no history' })
  t.regex(
    wrong.stdout,
    /FAILED.*stale\.log: not linearizable[\s\S]*FAILED.*b\.txt: not a history: line 1[\s\S]*\n1 passed, 2 failed\n$/,
  )
  t.is(wrong.status, 1)
  const known = runner({
    'good.log': GOOD,
    'stale.log': STALE,
    'verdicts.json': '{"good.log": false, "stale.log": false, "gone.log": true}',
  })
  t.regex(
    known.stdout,
    /FAILED.*good\.log: known to be not-linearizable, but: linearizable[\s\S]*\n1 passed, 2 failed\n$/,
  )
  t.regex(known.stdout, /FAILED.*gone\.log: is named in verdicts\.json, and absent/)
  t.regex(runner({}, 'no-such-folder').stdout, /no-such-folder: there is no such folder[\s\S]*\n0 passed, 2 failed\n$/)
})
