/** The call flows of RFC 3665 and RFC 5359 that a server takes part in; callflows/README.md says which, and why not the others. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { needing } from '../peers.ts'
import { withVectors } from '../vectors.ts'
import { REGISTRATIONS } from './callflows/registrations.ts'
import { SERVICES } from './callflows/services.ts'
import { SESSIONS } from './callflows/sessions.ts'
import { leave, play } from './callflows/stage.ts'
import { TRANSFERS } from './callflows/transfers.ts'

const FLOWS = [...REGISTRATIONS, ...SERVICES, ...TRANSFERS, ...SESSIONS]

for (const flow of FLOWS) {
  needing(test, 'sipp').serial(`RFC ${flow.section}: ${flow.title}`, (t) => play(t, flow))
}

test.after.always(leave)

withVectors(
  test,
  'sip/callflows',
  'every flow of RFC 3665 and RFC 5359 is played here, or the README says why not',
  (t, folder) => {
    const index = JSON.parse(readFileSync(path.join(folder, 'index.json'), 'utf8')) as Record<
      string,
      { section: string }[]
    >
    const sections = ['3665', '5359'].flatMap((rfc) => {
      const messages = index[rfc] ?? []
      return [...new Set(messages.map(({ section }) => `${rfc} §${section.split(' ')[0]}`))]
    })
    t.true(sections.length > 30, 'the index was read')

    const readme = readFileSync(path.join(import.meta.dirname, 'callflows', 'README.md'), 'utf8')
    const rows = new Map(
      [...readme.matchAll(/^\| (\d+ §[\d.]+) *\|[^|]*\| ((?:yes|not yet: |never: )[^|]*?) *\|$/gm)].map(
        ([, section = '', played = '']) => [section, played],
      ),
    )
    const played = new Set(FLOWS.map(({ section }) => section))
    for (const section of sections) {
      const says = rows.get(section) ?? 'nothing'
      t.is(/^yes/.test(says), played.has(section), `RFC ${section}: the README says ${says}`)
      t.not(says, 'nothing', `RFC ${section} is neither played nor listed`)
    }
    t.deepEqual(
      [...played].filter((section) => !sections.includes(section)),
      [],
      'a flow of no section',
    )
  },
)
