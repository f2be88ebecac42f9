import path from 'node:path'
import test from 'ava'
import { withVectors } from '../../vectors.ts'
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
