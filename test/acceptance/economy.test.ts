import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { sipp } from '../../bench/sipp.ts'
import { needing } from '../peers.ts'
import { freePorts } from '../ports.ts'
import { type Lab, type LabNode, withLab } from './lab.ts'
import { authorization, newCallId, type RawPhone, type Response, rawPhone, request } from './sip.ts'
import { addUsers, type RegistrationRow, registrationsAt } from './users.ts'

const DOMAIN = 'pbx.test'
const PASSWORD = 'correct-horse'
const PHONES = 30
/** Leases of 60 to 75 s, so that one sees them end; phones may ask for 2 s, and get what they ask for. */
const ENV = {
  RAFTEL_SIP_REGISTRATION_LEASE_SECONDS: '60',
  RAFTEL_SIP_REGISTRATION_MIN_EXPIRES: '2',
  RAFTEL_SIP_REGISTRATION_JITTER_PERCENT: '0',
}

/** One phone, one Call-ID, at whatever node it is told. */
class Phone {
  readonly raw: RawPhone
  readonly #user: string
  readonly #callId = newCallId()
  #cseq = 0

  constructor(raw: RawPhone, user: string) {
    this.raw = raw
    this.#user = user
  }

  /** What the registrar said to the request that it took, without the challenge. */
  async register(expires: number): Promise<Response | null> {
    const aor = `sip:${this.#user}@${DOMAIN}`
    const uri = `sip:${DOMAIN}`
    const ask = (...headers: string[]): Promise<Response | null> => {
      const cseq = ++this.#cseq
      const words = { method: 'REGISTER', uri, from: aor, to: aor, callId: this.#callId, cseq }
      const all = [`Expires: ${expires}`, ...headers]
      return this.raw.ask(request(this.raw.port, { ...words, headers: all }), this.#callId, cseq)
    }
    const first = await ask()
    if (first?.status !== 401) return first
    const challenge = first.headers('www-authenticate').find((one) => /algorithm=MD5/i.test(one)) ?? ''
    const needs = {
      challenge,
      algorithm: 'MD5',
      user: this.#user,
      password: PASSWORD,
      method: 'REGISTER',
      uri,
    } as const
    return await ask(`Authorization: ${authorization(needs)}`)
  }
}

needing(test, 'sipp')(
  'refreshes cost no log entry; moves, removals and time that ran out do; a node that dies takes no phone with it',
  async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'raftel-economy-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    await withLab(t, { nodes: 3, env: ENV }, async (lab) => {
      await lab.commitPlan(`domains: [${DOMAIN}]\n`)
      const names = Array.from({ length: PHONES }, (_, i) => `u${i}`)
      const people = ['alice', 'bob', 'carol']
      await addUsers(
        lab.client(),
        [...names, ...people].map((name) => `${name}@${DOMAIN}`),
        PASSWORD,
      )
      const home = lab.nodes.find(({ id }) => id !== lab.leader)!
      const [second, third] = lab.nodes.filter(({ id }) => id !== home.id) as [LabNode, LabNode]
      const commit = async (): Promise<number> => Math.max(...(await lab.status()).nodes.map((node) => node.commit))
      const entries = async (act: () => Promise<unknown>): Promise<number> => {
        const before = await commit()
        await act()
        return (await commit()) - before
      }

      const [port = 0] = await freePorts(1)
      const scenario = path.join(import.meta.dirname, 'refresh.xml')
      const sippAt = async (node: LabNode, expires: number): Promise<void> => {
        const users = names.map(
          (name) => `${name};${DOMAIN};[authentication username=${name} password=${PASSWORD}];${expires};`,
        )
        const run = sipp({ scenario, target: node.sip, folder, name: 'refresh', users, calls: PHONES, rate: 50, port })
        const { done, errors } = await run.result
        t.is(done, PHONES, errors)
      }
      // 25 and the slack of 30 fit into the lease.
      const cost = await entries(() => sippAt(home, 25))
      t.is(cost, PHONES, 'one entry a phone, none for its refreshes')
      const told = await lab.raftel(['stats', '--endpoints', home.control, '-o', 'json'])
      // Each was challenged before anything was kept of it; the others came with an answer.
      const stats = JSON.parse(told.stdout)
      t.like(stats, { node: home.id, dialogs: 0 })
      t.true(stats.challenged >= PHONES, told.stdout)
      const own = await regsAt(lab, home)
      t.true(own.length === PHONES && own.every(({ state, expires }) => state === 'kept' && expires <= 25))
      const elsewhere = await regsAt(lab, second)
      t.true(
        elsewhere.length === PHONES && elsewhere.every(({ state, node }) => state === 'leased' && node === home.id),
      )

      const phoneAt = async (user: string, node: LabNode): Promise<Phone> => {
        const raw = await rawPhone(node.sip)
        t.teardown(raw.close)
        return new Phone(raw, user)
      }
      const alice = await phoneAt('alice', second)
      const says = async (phone: Phone, expires: number, status = 200): Promise<void> => {
        t.is((await phone.register(expires))?.status, status)
      }
      t.is(await entries(() => says(alice, 25)), 1)
      t.is(await entries(() => says(alice, 25)), 0)
      alice.raw.aim(third.sip)
      t.is(await entries(() => says(alice, 25)), 1, 'it moved')
      t.is((await regsAt(lab, home)).find(({ aor }) => aor.startsWith('alice'))?.node, third.id)
      t.is(await entries(() => says(alice, 25)), 0)
      t.is(await entries(() => says(alice, 0)), 1, 'it took itself away')
      for (const node of lab.nodes) await gone(lab, node, 'alice', 20_000)

      const bob = await phoneAt('bob', second)
      await says(bob, 2)
      for (const node of lab.nodes) await gone(lab, node, 'bob', 20_000)

      // Its phones are kept by nobody any more: they stay until their leases end, and are called.
      const carol = await phoneAt('carol', home)
      await sippAt(home, 50)
      await says(carol, 50)
      await lab.kill(home.id)
      const lost = [...names, 'carol'].length
      t.is((await regsAt(lab, second)).length, lost)
      await lab.until(
        'its phones are unverified',
        () => regsAt(lab, second),
        (regs) => regs.length === lost && regs.every(({ state }) => state === 'unverified'),
      )
      const caller = await rawPhone(third.sip)
      t.teardown(caller.close)
      const rang = new Promise<string>((resolve) => carol.raw.onRequest('INVITE', resolve))
      await call(caller, 'u0', 'carol')
      t.regex(await rang, /^INVITE sip:raw@/)
      for (const node of [second, third]) {
        await lab.until(
          'their leases end',
          () => regsAt(lab, node),
          (regs) => regs.length === 0,
          120_000,
        )
      }
    })
  },
)

function regsAt(lab: Lab, node: LabNode): Promise<RegistrationRow[]> {
  return registrationsAt(lab.client(node.id))
}

async function gone(lab: Lab, node: LabNode, user: string, boundMs: number): Promise<void> {
  const has = (regs: RegistrationRow[]): boolean => regs.some(({ aor }) => aor.startsWith(`${user}@`))
  await lab.until(
    `${user} is gone at ${node.id}`,
    () => regsAt(lab, node),
    (regs) => !has(regs),
    boundMs,
  )
}

/** Sends an INVITE as this user, and again with the answer to the challenge; nobody waits for what comes of it. */
async function call(phone: RawPhone, user: string, called: string): Promise<void> {
  const callId = newCallId()
  const uri = `sip:${called}@${DOMAIN}`
  const sdp = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n`
  const words = { method: 'INVITE', uri, from: `sip:${user}@${DOMAIN}`, to: uri, callId, body: sdp }
  const type = 'Content-Type: application/sdp'
  const first = await phone.ask(request(phone.port, { ...words, cseq: 1, headers: [type] }), callId, 1)
  const challenge = first?.headers('proxy-authenticate').find((one) => /algorithm=MD5/i.test(one)) ?? ''
  phone.send(request(phone.port, { ...words, method: 'ACK', cseq: 1, body: '' }))
  const answer = authorization({ challenge, algorithm: 'MD5', user, password: PASSWORD, method: 'INVITE', uri })
  const headers = [type, `Proxy-Authorization: ${answer}`]
  phone.send(request(phone.port, { ...words, cseq: 2, headers }))
}
