import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { type Framed, StreamFramer } from '../../../../node/engine/parser/stream.ts'
import { withVectors } from '../../../vectors.ts'
import { registrar } from '../../sip/registrar.ts'
import { addressOf } from '../../sip/support.ts'
import { header, type Srf, type Stack, startStack } from '../stack.ts'
import { judge, type TortureMessage, tortureMessages, type Verdict } from './judge.ts'
import { FAST, firstAnswer, tellTcp, tellUdp } from './tell.ts'

/** An app as a node has it: nobody registers without credentials, and no extension is understood. */
function app(srf: Srf): void {
  const challenge = { 'WWW-Authenticate': 'Digest realm="example.com", nonce="1"' }
  srf.register((_req, res) => res.send(401, { headers: challenge }))
  srf.options((req, res) => {
    const required = req.get('Require')
    if (required) res.send(420, { headers: { Unsupported: required } })
    else res.send(200)
  })
  srf.invite((_req, res) => res.send(404))
  srf.message((_req, res) => res.send(200))
}

const statusOf = (answer: string): number => Number(/^SIP\/2\.0 (\d{3})/.exec(answer)?.[1] ?? 0)
const finalsOf = (answers: readonly string[]): number[] => answers.map(statusOf).filter((status) => status >= 200)

function tell(stack: Stack, { topViaTransport, bytes }: TortureMessage): Promise<string[]> {
  return /TCP|TLS/.test(topViaTransport ?? '') ? tellTcp(stack, [bytes]) : tellUdp(stack, bytes)
}

/** Kamailio 5.6.3 gives 33 of the 50 (baseline.md beside the messages). */
const EXACT_MIN = 48

withVectors(
  test,
  'sip/rfc4475',
  'the torture messages of RFC 4475 are answered as they should be',
  async (t, folder) => {
    const stack = await startStack(t, { routes: app, times: FAST })
    const said = new Map<string, Verdict>()
    for (const message of tortureMessages(folder)) {
      const answers = await tell(stack, message)
      const finals = finalsOf(answers)
      const verdict = judge(message, finals)
      t.not(verdict, 'failed', `${message.name} (${message.section}): ${finals}`)
      t.deepEqual(stack.faults, [], message.name)
      // Whatever is said about it, it is said to this message: not a byte of its Call-ID is another.
      for (const answer of answers) t.true(message.bytes.includes(header(answer, 'Call-ID'), 'latin1'), message.name)
      if (!message.variantOf) said.set(message.name, verdict)
    }
    const inexact = [...said].filter(([, verdict]) => verdict !== 'exact').map(([name]) => name)
    t.is(said.size, 50)
    t.true(said.size - inexact.length >= EXACT_MIN, `not exact: ${inexact}`)
  },
)

/** What comes back to the messages of RFC 5118; its manifest says it in prose. */
const RFC5118: Readonly<Record<string, readonly number[]>> = {
  'ipv6-good': [401],
  'ipv6-bad': [400],
  'port-ambiguous': [401],
  'port-unambiguous': [401],
  'via-received-param-with-delim': [481],
  'via-received-param-no-delim': [200],
  'ipv6-in-sdp': [404],
  'mult-ip-in-header': [481],
  'mult-ip-in-sdp': [404],
  'ipv4-mapped-ipv6': [404],
  'ipv6-bug-abnf-3-colons': [200],
  'ipv6-correct-abnf-2-colons': [200],
}

withVectors(
  test,
  'sip/rfc5118',
  'the IPv6 torture messages of RFC 5118 are answered as they should be',
  async (t, folder) => {
    const stack = await startStack(t, { routes: app, times: FAST })
    for (const [name, expected] of Object.entries(RFC5118)) {
      const answers = await tellUdp(stack, readFileSync(path.join(folder, 'crlf', `${name}.dat`)))
      t.deepEqual([...new Set(finalsOf(answers))], expected, name)
      // As they were published, with bare line feeds, they are no SIP.
      const published = await tellUdp(stack, readFileSync(path.join(folder, name)))
      t.true(
        finalsOf(published).every((status) => status === 400),
        name,
      )
      t.deepEqual(stack.faults, [], name)
    }
    const [answer = ''] = await tellUdp(stack, readFileSync(path.join(folder, 'crlf', 'mult-ip-in-header.dat')))
    t.deepEqual(
      answer.split('\r\n').flatMap((line) => /^Via: (SIP\S+ \S+?);/.exec(line)?.[1] ?? []),
      ['SIP/2.0/UDP [2001:db8::9:1]:6050', 'SIP/2.0/UDP 192.0.2.1', 'SIP/2.0/TCP [2001:db8::9:255]'],
    )
  },
)

withVectors(test, 'sip/rfc4475', 'a registrar answers the REGISTERs among the torture messages', async (t, folder) => {
  const { sip, cluster } = await registrar(t, [], { times: FAST })
  for (const user of ['user', 'j.user', 'null-%00-null', 'watson']) {
    const row = { aor: `${user}@example.com`, user, domain: 'example.com', credentials: '' }
    await cluster.propose({ type: 'user-put', user: row, replace: false })
  }
  const port = Number(addressOf(sip, 'udp').split(':')[1])
  for (const message of tortureMessages(folder)) {
    if (!message.bytes.subarray(0, 12).includes('REG') && message.name !== 'esc02') continue
    const heard = await firstAnswer(port, message.bytes)
    t.not(judge(message, finalsOf([heard])), 'failed', `${message.name}: ${heard.split('\r\n')[0]}`)
  }
  t.is(cluster.tables.registrations.size, 0)
})

withVectors(
  test,
  'sip/rfc4475',
  'a stream is cut into the same messages at every point where it can be cut in two',
  (t, folder) => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.dat'))
    for (const name of files) {
      const bytes = readFileSync(path.join(folder, name))
      const whole = JSON.stringify(cut([bytes]))
      const other: number[] = []
      for (let at = 1; at < bytes.length; at++) {
        if (JSON.stringify(cut([bytes.subarray(0, at), bytes.subarray(at)])) !== whole) other.push(at)
      }
      t.deepEqual(other, [], name)
    }
  },
)

withVectors(
  test,
  'sip/rfc4475',
  'over TCP a torture message is answered alike however it is cut',
  async (t, folder) => {
    const stack = await startStack(t, { routes: app, times: FAST })
    for (const name of ['wsinv', 'intmeth', 'mpart01', 'mcl01']) {
      const bytes = readFileSync(path.join(folder, `${name}.dat`))
      const blank = bytes.indexOf('\r\n\r\n')
      const whole = new Set(finalsOf(await tellTcp(stack, [bytes])))
      t.is(whole.size, 1, name)
      for (const at of [40, blank + 2, blank + 4, bytes.length - 1]) {
        const pieces = [bytes.subarray(0, at), bytes.subarray(at)]
        t.deepEqual(new Set(finalsOf(await tellTcp(stack, pieces))), whole, `${name} at ${at}`)
      }
    }
    t.deepEqual(stack.faults, [])
  },
)

function cut(pieces: readonly Buffer[]): { framed: Framed[]; partial: boolean } {
  const framer = new StreamFramer(64 * 1024, 1024 * 1024)
  const framed = pieces.flatMap((piece) => framer.push(piece))
  return { framed, partial: framer.partial }
}
