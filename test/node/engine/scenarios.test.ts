/**
 * One suite for the embedded engine, for `raftel engine`, and for a real drachtio-server (`RAFTEL_DRACHTIO=host:port`, with `<cdrs>true</cdrs>`): what
 * phones and apps see is the same, but for what scenarios/differences.ts names with its reason.
 */

import test from 'ava'
import { BASICS } from './scenarios/basics.ts'
import { DIFFERENCES } from './scenarios/differences.ts'
import type { Scenarios } from './scenarios/play.ts'
import { PROTOCOL } from './scenarios/protocol.ts'
import { PROXIED } from './scenarios/proxied.ts'
import { RECORDS } from './scenarios/records.ts'
import { alone, named, ours, type Stage, stand } from './scenarios/stage.ts'
import type { Test } from './stack.ts'

const SCENARIOS: Scenarios = { ...BASICS, ...PROXIED, ...RECORDS, ...PROTOCOL }

const daemon = named()
const stages: Record<string, (t: Test) => Promise<Stage>> = {
  'our engine': ours,
  'raftel engine': alone,
  ...(daemon && { 'the server of RAFTEL_DRACHTIO': (t: Test) => stand(t, daemon, null) }),
}

for (const [where, open] of Object.entries(stages)) {
  test.serial(`what phones and apps see of ${where} is what the scenarios say`, async (t) => {
    const stage = await open(t)
    for (const [name, { play, seen }] of Object.entries(SCENARIOS)) {
      const difference = open === ours || open === alone ? undefined : DIFFERENCES[name]
      if (difference?.daemon === null) continue
      t.deepEqual(await play(t, stage), [...(difference?.daemon ?? seen)], `${where}: ${name}`)
    }
  })
}

test('every difference names a scenario and has its reason', (t) => {
  for (const [name, { why }] of Object.entries(DIFFERENCES)) {
    t.true(name in SCENARIOS, name)
    t.true(why.length > 20, name)
  }
})
