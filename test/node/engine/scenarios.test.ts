/**
 * One suite for the embedded engine, for `raftel engine`, and for a real drachtio-server (`RAFTEL_DRACHTIO=host:port`, with `<cdrs>true</cdrs>`, or its binary): what
 * phones and apps see is the same, but for what scenarios/differences.ts names with its reason.
 */

import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import { B2BUA } from './scenarios/b2bua.ts'
import { BASICS } from './scenarios/basics.ts'
import { DIFFERENCES } from './scenarios/differences.ts'
import { EDGES } from './scenarios/edges.ts'
import { EVENTS } from './scenarios/events.ts'
import { OUTBOUND, startHandler } from './scenarios/outbound.ts'
import type { Scenarios } from './scenarios/play.ts'
import { PROTOCOL } from './scenarios/protocol.ts'
import { PROXIED } from './scenarios/proxied.ts'
import { RECORDS } from './scenarios/records.ts'
import { alone, binary, daemon, near, ours, type Stage } from './scenarios/stage.ts'
import { WITHIN } from './scenarios/within.ts'
import type { Test } from './stack.ts'

const SCENARIOS: Scenarios = {
  ...BASICS,
  ...B2BUA,
  ...WITHIN,
  ...EVENTS,
  ...EDGES,
  ...PROXIED,
  ...RECORDS,
  ...PROTOCOL,
}

const theirs = daemon()
const stages: Record<string, (t: Test) => Promise<Stage>> = {
  'our engine': ours,
  'our engine with the app near': near,
  'raftel engine': alone,
  ...(theirs && { 'drachtio-server': theirs }),
}
for (const [where, open] of Object.entries(stages)) {
  test.serial(`what phones and apps see of ${where} is what the scenarios say`, async (t) => {
    t.deepEqual(await wrong(t, await open(t), SCENARIOS, open === theirs), {})
  })
}

const asking = { 'our engine': ours, ...(binary() && { 'drachtio-server': binary()! }) }
for (const [where, open] of Object.entries(asking)) {
  test.serial(`what phones and apps see of ${where} that asks a handler is what the scenarios say`, async (t) => {
    t.deepEqual(await wrong(t, await open(t, await startHandler(t)), OUTBOUND, open !== ours), {})
  })
}

/** All scenarios are played, and then told where they went otherwise: where a server differs, it is rarely in one place. */
async function wrong(t: Test, stage: Stage, scenarios: Scenarios, differs: boolean) {
  const found: Record<string, { got: readonly string[]; wanted: readonly string[] }> = {}
  for (const [name, { play, seen }] of Object.entries(scenarios)) {
    const difference = differs ? DIFFERENCES[name] : undefined
    if (difference?.daemon === null) continue
    const wanted = difference?.daemon ?? seen
    const got = await play(t, stage).catch((error: Error) => [error.message])
    if (!isDeepStrictEqual(got, wanted)) found[name] = { got, wanted }
  }
  return found
}

test('every difference names a scenario and has its reason', (t) => {
  for (const [name, { why }] of Object.entries(DIFFERENCES)) {
    t.true(name in SCENARIOS || name in OUTBOUND, name)
    t.true(why.length > 20, name)
  }
})
