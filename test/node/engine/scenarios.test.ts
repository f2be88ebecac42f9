/**
 * One suite for the embedded engine, for `raftel engine`, and for a real drachtio-server (`RAFTEL_DRACHTIO=host:port`, with `<cdrs>true</cdrs>`, or its binary): what
 * phones and apps see is the same, but for what scenarios/differences.ts names with its reason.
 */

import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import { B2BUA } from './scenarios/b2bua.ts'
import { BASICS } from './scenarios/basics.ts'
import { DIFFERENCES } from './scenarios/differences.ts'
import { EVENTS } from './scenarios/events.ts'
import type { Scenarios } from './scenarios/play.ts'
import { PROTOCOL } from './scenarios/protocol.ts'
import { PROXIED } from './scenarios/proxied.ts'
import { RECORDS } from './scenarios/records.ts'
import { alone, daemon, ours, type Stage } from './scenarios/stage.ts'
import { WITHIN } from './scenarios/within.ts'
import type { Test } from './stack.ts'

const SCENARIOS: Scenarios = { ...BASICS, ...B2BUA, ...WITHIN, ...EVENTS, ...PROXIED, ...RECORDS, ...PROTOCOL }

const theirs = daemon()
const stages: Record<string, (t: Test) => Promise<Stage>> = {
  'our engine': ours,
  'raftel engine': alone,
  ...(theirs && { 'drachtio-server': theirs }),
}

for (const [where, open] of Object.entries(stages)) {
  test.serial(`what phones and apps see of ${where} is what the scenarios say`, async (t) => {
    const stage = await open(t)
    // All are played, and then compared: where a server differs, it is rarely in one place.
    const wrong: Record<string, { got: readonly string[]; wanted: readonly string[] }> = {}
    for (const [name, { play, seen }] of Object.entries(SCENARIOS)) {
      const difference = open === theirs ? DIFFERENCES[name] : undefined
      if (difference?.daemon === null) continue
      const wanted = difference?.daemon ?? seen
      const got = await play(t, stage).catch((error: Error) => [error.message])
      if (!isDeepStrictEqual(got, wanted)) wrong[name] = { got, wanted }
    }
    t.deepEqual(wrong, {})
  })
}

test('every difference names a scenario and has its reason', (t) => {
  for (const [name, { why }] of Object.entries(DIFFERENCES)) {
    t.true(name in SCENARIOS, name)
    t.true(why.length > 20, name)
  }
})
