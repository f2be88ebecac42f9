import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { withVectors } from '../../vectors.ts'
import { parseScript } from './transcripts/datadriven.ts'
import { deviationOf } from './transcripts/deviations.ts'
import { play } from './transcripts/play.ts'
import { judgeScript, scriptsUnder } from './transcripts/run.ts'

for (const [folder, least] of Object.entries({ interaction: 28, differential: 150, quorum: 4, confchange: 9 })) {
  withVectors(test, `raft/${folder}`, `every recorded ${folder} transcript is answered to the byte`, (t, root) => {
    const files = scriptsUnder(root)
    t.true(files.length >= least, `${root} holds ${files.length} transcripts`)
    for (const file of files) {
      const { passed, said } = judgeScript(file)
      if (!passed) return void t.fail(`${path.basename(file)}: ${said}`)
    }
  })
}

test('scripts of our own are answered as the reference answered them', (t) => {
  const files = scriptsUnder(path.join(import.meta.dirname, 'transcripts', 'scripts'))
  t.true(files.length >= 6)
  for (const file of files) t.like(judgeScript(file), { passed: true, said: '' }, path.basename(file))
})

const OPENING = 'log-level error\n----\nok\n\nadd-nodes 1 voters=(1) index=5\n----\nok\n\n'

for (const [what, script, said] of [
  [
    'another answer',
    `${OPENING}raft-state\n----\n1: StateLeader\n`,
    /^line 9: raft-state\n-1: StateLeader\n\+1: StateFollower/,
  ],
  ['an answer that goes on', 'status 1\n----\nok\nand so on\n', /it threw: there is no node 1/],
  ['an unknown command', `${OPENING}explode 1\n----\nok\n`, /-ok\n\+unknown command/],
  ['an unknown command at the beginning', 'explode 1\n----\nok\n', /line 1: no command is called explode/],
  ['an unknown option', 'add-nodes 1 voters=(1) index=5 magic=true\n----\nok\n', /there is no option called magic/],
  [
    'an unknown type of message',
    `${OPENING}deliver-msgs 1 type=MsgNone\n----\nok\n`,
    /no message type is called MsgNone/,
  ],
  ['an unknown argument of a quorum', 'vote cfg=(1) ayes=(y)\n----\nVoteWon\n', /there is no option called ayes/],
  ['a command without an output', 'raft-state\n', /line 1: no ---- follows/],
  ['an output that is not closed', 'raft-state\n----\n----\n\n', /not closed by two/],
  ['a parenthesis that is not closed', 'add-nodes 1 voters=(1\n----\nok\n', /parenthesis is not closed/],
  ['a text that is no script', '# raft\n\n', /holds no command/],
] as const) {
  test(`a script with ${what} fails, and says why`, (t) => {
    withFiles({ 'script.txt': script }, (folder) => {
      const judged = judgeScript(path.join(folder, 'script.txt'))
      t.false(judged.passed)
      t.regex(judged.said, said)
    })
  })
}

test('lines of the library log are not compared below log-level error, all others are', (t) => {
  const script = (state: string): string =>
    `add-nodes 1 voters=(1) index=5\n----\nINFO 1 became follower at term 0\n\nraft-state\n----\nINFO hello\n${state}\n`
  t.is(play(script('1: StateFollower (Voter) Term:0 Lead:0')).mismatch, undefined)
  t.not(play(script('1: StateFollower (Voter) Term:1 Lead:0')).mismatch, undefined)
  t.not(play(`log-level error\n----\nok\n\n${script('1: StateFollower (Voter) Term:0 Lead:0')}`).mismatch, undefined)
})

const LEASES = (forget: string, state: string, readOnly = 'lease-based'): string =>
  `log-level none\n----\nok\n\nadd-nodes 3 voters=(1,2,3) index=10 checkquorum=true read-only=${readOnly}\n----\nok\n\n` +
  `campaign 1\n----\nok\n\nstabilize\n----\nok\n\nlog-level error\n----\nok\n\nforget-leader 2\n----\n${forget}\n\n` +
  `raft-state\n----\n1: StateLeader (Voter) Term:1 Lead:1\n2: StateFollower (Voter) Term:1 Lead:${state}\n3: StateFollower (Voter) Term:1 Lead:1\n`
const REFUSED = 'ERROR ignoring MsgForgetLeader due to ReadOnlyLeaseBased'

test('a deviation is excused only where it was recorded so and answered so', (t) => {
  const excused = play(LEASES(REFUSED, '1'))
  t.is(excused.mismatch, undefined)
  t.deepEqual(
    [...excused.deviations].map(({ name }) => name),
    ['no lease reads'],
  )
  t.is(play(LEASES(REFUSED, '3')).mismatch?.command.text, 'raft-state', 'recorded otherwise')
  t.is(play(LEASES(`${REFUSED}!`, '1')).mismatch?.command.text, 'forget-leader 2', 'recorded otherwise')
  const script = parseScript(LEASES(REFUSED, '1'))
  const forget = script.find(({ name }) => name === 'forget-leader')!
  t.not(deviationOf(script, forget, 'ok'), undefined)
  t.is(deviationOf(script, forget, 'neither'), undefined, 'answered otherwise')
  t.is(play(LEASES(REFUSED, '1', 'safe')).mismatch?.command.text, 'forget-leader 2', 'not about leases')
})

test('the runner counts every file, names the failing ones and ends with both numbers', (t) => {
  const run = path.join(import.meta.dirname, 'transcripts', 'run.ts')
  const good = `${OPENING}raft-state\n----\n1: StateFollower (Voter) Term:0 Lead:0\n`
  const files = { 'a/good.txt': good, 'a/b/wrong.txt': `${OPENING}status 1\n----\nwell\n`, 'notes.md': 'no script' }
  withFiles(files, (folder) => {
    const { status, stdout } = spawnSync(process.execPath, [run, folder, `${folder}/absent`], { encoding: 'utf8' })
    t.is(status, 1)
    t.regex(stdout, /ok +\S*good\.txt\n/)
    t.regex(stdout, /FAILED +\S*wrong\.txt: line 9: status 1\n-well\n\+ok\n/)
    t.regex(stdout, /FAILED +\S*notes\.md: not a script/)
    t.regex(stdout, /FAILED +\S*absent: there is no such folder/)
    t.regex(stdout, /\n1 passed, 3 failed\n$/)
    const fine = spawnSync(process.execPath, [run, `${folder}/a/good.txt`], { encoding: 'utf8' })
    t.deepEqual([fine.status, fine.stdout.endsWith('\n1 passed, 0 failed\n')], [0, true])
  })
})

function withFiles(files: Record<string, string>, use: (folder: string) => void): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'raftel-scripts-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
      writeFileSync(path.join(folder, name), text)
    }
    use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
