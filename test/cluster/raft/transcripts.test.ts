import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { withVectors } from '../../vectors.ts'
import { parseScript } from './transcripts/datadriven.ts'
import { type Guess, Interaction } from './transcripts/interaction.ts'
import { newMembershipScript } from './transcripts/membership.ts'
import { runQuorum } from './transcripts/quorum.ts'
import { type Runner, replay } from './transcripts/replay.ts'

/** What this core does otherwise on purpose, with the reason. */
const OTHERWISE: Record<string, string> = {
  'forget_leader_read_only_lease_based.txt': 'there are no lease reads here: a paused process may outlive its lease',
}

const interaction = (guess: Guess): Runner => {
  const cluster = new Interaction(guess)
  return (command) => cluster.run(command)
}

const FOLDERS: Record<string, (guess: Guess) => Runner> = {
  interaction,
  differential: interaction,
  quorum: () => runQuorum,
  confchange: newMembershipScript,
}

for (const [folder, begin] of Object.entries(FOLDERS)) {
  withVectors(test, `raft/${folder}`, `every recorded ${folder} transcript is answered to the byte`, (t, path) => {
    const names = readdirSync(path).filter((name) => !(name in OTHERWISE))
    t.true(names.length > 0, `${path} holds transcripts`)
    for (const name of names) {
      const mismatch = replay(parseScript(readFileSync(join(path, name), 'utf8')), begin)
      if (mismatch === undefined) continue
      return void t.is(mismatch.said, mismatch.expected, `${folder}/${name} line ${mismatch.line}`)
    }
  })
}
