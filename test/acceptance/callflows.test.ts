/** The call flows of RFC 3665 and RFC 5359 that a server takes part in; callflows/README.md says which, and why not the others. */
import test from 'ava'
import { needing } from '../peers.ts'
import { SESSIONS } from './callflows/sessions.ts'
import { leave, play } from './callflows/stage.ts'

for (const flow of [...SESSIONS]) {
  needing(test, 'sipp').serial(`RFC ${flow.section}: ${flow.title}`, (t) => play(t, flow))
}

test.after.always(leave)
