/** Calls of a real node that something is wrong with, on the command line and on a real terminal, and the SIP of one as files. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { terminal } from '../../cli/tui/terminal.ts'
import { until } from '../../nemesis/until.ts'
import { needing } from '../../peers.ts'
import { type Device, device } from '../sip/device.ts'
import { answering, headersOf } from '../sip/support.ts'
import { ask, oneNode } from './node.ts'
import { raftelAt } from './raftel.ts'

// What draws is compiled before it runs: `npm run build`.
const SHOW = path.join(import.meta.dirname, '..', '..', '..', 'dist', 'test', 'cli', 'tui', 'show.js')

test.before(() => {
  if (!existsSync(SHOW)) throw new Error('the screen is not compiled: npm run build')
})

interface Listed {
  readonly id: string
  readonly to: string
  readonly problems: readonly string[]
}

needing(test, 'script')(
  'of two calls the one behind NAT is found, its SIP is looked through, and saved as what its name says, over nothing',
  async (t) => {
    const { client, sip } = await oneNode(t)
    const raftel = raftelAt(client)
    const folder = mkdtempSync(path.join(tmpdir(), 'raftel-saved-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    for (const name of ['alice', 'bob', 'dave'])
      await ask((done) => client.addUser({ aor: `${name}@pbx.test`, password: `${name}-secret` }, done))
    await ask((done) => client.commitPlan({ text: 'domains: [pbx.test]\n', author: 'test' }, done))
    const phones: Record<string, Device> = {}
    for (const name of ['bob', 'dave']) {
      const phone = await device(t, sip)
      phones[name] = phone
      t.regex(await phone.register([`Contact: <sip:${name}@${phone.address}>`], { user: name }), /^SIP\/2.0 200/)
    }
    const alice = await device(t, sip)
    await called(alice, phones.bob!, 'bob', '10.0.0.9:5060')
    await called(alice, phones.dave!, 'dave', phones.dave!.address)

    const listed = async (...args: string[]) => {
      const { code, out, err } = await raftel(['call', 'ls', '-o', 'json', ...args])
      t.is(code, 0, err)
      return JSON.parse(out) as Listed[]
    }
    const [nat, ...others] = await listed('--nat')
    t.deepEqual(others, [])
    t.true(nat!.to.includes('bob') && nat!.problems.includes('nat'), JSON.stringify(nat))
    t.deepEqual(await listed('--one-way'), [])
    t.is((await listed('--slow-setup', '0.000001')).length, 2)
    t.is((await listed('--filter', '/^(bob|x)@')).length, 1)
    t.is((await listed('--filter', '!bob')).length, 1)
    const wrong = await raftel(['call', 'ls', '--filter', '/bob('])
    t.is(wrong.code, 2)
    t.regex(wrong.err, /"\(" is not closed; write \\\( for the character/)

    const endpoint = client.getChannel().getTarget().replace(/^dns:/, '')
    const screen = await terminal([process.execPath, SHOW, endpoint], { columns: 140, cwd: folder })
    try {
      await screen.until(/calls ─ 2 ─/)
      screen.send('\u001a')
      await screen.until(/PROBLEMS[\s\S]*bob@pbx\.test .*nat/)
      screen.send(':nat\r')
      t.notRegex((await screen.until(/calls ─ 1\/2 ─ nat ─/)).join('\n'), /dave@pbx/)
      screen.send('\r')
      await screen.until(/wrong +.*nat/)
      screen.send('\r')
      await screen.until(/180 Ringing[\s\S]*200 OK sdp/)
      screen.send('t')
      await screen.until(/│ INVITE sip:bob@pbx\.test SIP\/2\.0/)
      screen.send('tf/^180\r')
      const few = await screen.until(/SIP of \S+ ─ filter: \/\^180 ─/)
      t.regex(few.join('\n'), /180 Ringing/)
      t.notRegex(few.join('\n'), /INVITE|200 OK/)
      screen.send('E\u0015some.txt\r')
      await screen.until(/saved \S*some\.txt/)
      const saved = path.join(folder, 'some.txt')
      t.regex(readFileSync(saved, 'utf8'), /180 Ringing[\s\S]*Contact: <sip:bob@10\.0\.0\.9:5060>/)
      t.notRegex(readFileSync(saved, 'utf8'), /200 OK/)
      t.is(statSync(saved).mode & 0o777, 0o600)
      writeFileSync(path.join(folder, 'kept.mmd'), 'mine')
      screen.send('E\u0015kept.mmd\r')
      await screen.until(/not saved: \S*kept\.mmd is there already/)
      t.is(readFileSync(path.join(folder, 'kept.mmd'), 'utf8'), 'mine')
      screen.send('f\u0015\r')
      await screen.until((lines) => /SIP of/.test(lines[3]!) && !/filter/.test(lines[3]!))
      screen.send('E\u0015call.pcap\r')
      await screen.until(/saved \S*call\.pcap/)
      const bytes = readFileSync(path.join(folder, 'call.pcap'))
      t.is(bytes.readUInt32LE(0), 0xa1b2c3d4)
      t.true(bytes.includes('SIP/2.0 200 OK'))
      screen.send('i')
      await screen.until(/requests +INVITE \d[\s\S]*answered +\d/)
      screen.send('q')
      t.is(await screen.exit(), 0)
    } finally {
      await screen.end()
    }

    // The same of calls that are over.
    const ids = (await listed()).map(({ id }) => id)
    for (const id of ids) t.is((await raftel(['call', 'hangup', id, '--reason', 'it was a test'])).code, 0)
    const { out: audit } = await raftel(['audit', 'ls', '--what', 'HangUpCall', '-o', 'json'])
    const entries = JSON.parse(audit) as { readonly key: string; readonly why: string }[]
    t.deepEqual(entries.map(({ key, why }) => [key, why]).sort(), ids.map((id) => [id, 'it was a test']).sort())
    const over = async (...args: string[]) => {
      const { code, out, err } = await raftel(['cdr', 'ls', '-o', 'json', ...args])
      t.is(code, 0, err)
      return JSON.parse(out) as Listed[]
    }
    await until('both are recorded', async () => (await over()).length === 2, 30_000)
    t.regex((await over('--nat')).map(({ to }) => to).join(), /^bob@pbx\.test$/)
    t.is((await over('--slow-setup', '1000')).length, 0)
    t.is((await over('--one-way')).length, 0)
    t.is((await raftel(['cdr', 'ls', '--nat', '--one-way'])).code, 2)
  },
)

/** `contact`: what the phone that is called says that it is at, while it rings. */
async function called(caller: Device, phone: Device, name: string, contact: string): Promise<void> {
  await caller.invite(`sip:${name}@pbx.test`, 'alice')
  const invite = await phone.next('INVITE')
  phone.send('SIP/2.0 180 Ringing', [...answering(invite), `Contact: <sip:${name}@${contact}>`])
  const sdp = invite.slice(invite.indexOf('\r\n\r\n') + 4)
  const headers = [...answering(invite), `Contact: <sip:${name}@${phone.address}>`, 'Content-Type: application/sdp']
  phone.send('SIP/2.0 200 OK', headers, sdp)
  await phone.next('ACK')
  // Not acknowledged, it would be over half a minute later.
  const answer = await caller.next(/^SIP\/2\.0 200/)
  const [target] = headersOf(answer, 'Contact')
  const same = ['From', 'To', 'Call-ID'].map((header) => `${header}: ${headersOf(answer, header)[0]}`)
  const cseq = headersOf(answer, 'CSeq')[0]!.replace('INVITE', 'ACK')
  caller.send(`ACK ${target!.replace(/^.*<|>.*$/g, '')} SIP/2.0`, [...same, `CSeq: ${cseq}`, 'Max-Forwards: 70'])
}
