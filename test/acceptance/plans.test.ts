import { writeFileSync } from 'node:fs'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Lab, type LabNode, withLab } from './lab.ts'
import { authorization, newCallId, rawPhone, registerOnce, request } from './sip.ts'

const DOMAIN = 'pbx.test'
const plan = (rules: string) => `domains: [${DOMAIN}]\nrules:\n${rules}`
const rule = (name: string, match: string, status = 403) =>
  `  - name: ${name}\n    match: "${match}"\n    reject: { status: ${status}, reason: no }\n`

interface Commit {
  readonly version: number
  readonly document: string
  readonly kind: string
  readonly author: string
  readonly from: string
  readonly reason: string
  readonly previous: number
  readonly committedAt: string
}

function files(lab: Lab, texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => {
      const file = path.join(lab.dir, `${name}.yaml`)
      writeFileSync(file, text)
      return [name, file]
    }),
  )
}

test('of two operators that commit at once by two nodes one is told, and shown what the other changed', async (t) => {
  await withLab(t, { nodes: 3 }, async (lab) => {
    const { first, ann, bob } = files(lab, {
      first: plan(rule('all', '1XXX')),
      ann: plan(rule('all', '1XXX') + rule('night', '2XXX')),
      bob: plan(rule('all', '1XXX', 480)),
    })
    await lab.json(['plan', 'commit', first!, '--reason', 'the first'])
    const at = (i: number) => ['--endpoints', lab.nodes[i]!.control]
    const both = await Promise.all([
      lab.raftel(['plan', 'commit', ann!, '--expect', '1', '--reason', 'nights', ...at(0)]),
      lab.raftel(['plan', 'commit', bob!, '--expect', '1', '--reason', 'busy', ...at(1)]),
    ])
    t.deepEqual(both.map(({ code }) => code).sort(), [0, 5])
    const refused = both.find(({ code }) => code === 5)!.stderr
    t.regex(refused, /version 2 by .* is in force, not 1/)
    const annWon = both[0]!.code === 0
    t.regex(refused, annWon ? /^\+ {2}- name: night$/m : /^\+ {4}reject: \{ status: 480, reason: no \}$/m)
    t.regex(refused, annWon ? /1 added \(night\)/ : /1 changed \(all\)/)

    // Who was refused reads what is there, and goes on from that, whichever node he asks.
    const again = await lab.json<{ version: number }>(['plan', 'commit', annWon ? bob! : ann!, '--expect', '2'])
    t.is(again.version, 3)
    const log = await lab.json<Commit[]>(['plan', 'log'])
    t.deepEqual(
      log.map(({ version, previous }) => [version, previous]),
      [
        [3, 2],
        [2, 1],
        [1, 0],
      ],
    )
    t.is(log[2]!.reason, 'the first')
    t.regex(log[0]!.from, /^127\.0\.0\.1:\d+$/)
    t.is((await lab.raftel(['plan', 'commit', first!, '--expect', '2'])).code, 5)
    t.is((await lab.json<{ version: number }>(['plan', 'commit', first!, '--force'])).version, 4)

    // Of different documents each is committed, beside whatever was there first; a domain that all claim is of one.
    const all = files(lab, Object.fromEntries([0, 1, 2].map((i) => [`own${i}`, `domains: [own${i}.test]\n`])))
    const own = await Promise.all(
      [0, 1, 2].map((i) => lab.raftel(['plan', 'commit', all[`own${i}`]!, '--document', `own${i}`, ...at(i)])),
    )
    t.deepEqual(
      own.map(({ code }) => code),
      [0, 0, 0],
      own.map(({ stderr }) => stderr).join(''),
    )
    const { claimed } = files(lab, { claimed: 'domains: [claimed.test]\n' })
    const claims = await Promise.all(
      [0, 1, 2].map((i) => lab.raftel(['plan', 'commit', claimed!, '--document', `claims${i}`, ...at(i)])),
    )
    t.deepEqual(claims.map(({ code }) => code).sort(), [0, 1, 1])
    t.regex(
      claims.find(({ code }) => code === 1)!.stderr,
      /claimed\.yaml: domains\[0\]: claimed\.test is a domain of the plan claims\d already/,
    )
    t.is((await lab.status()).planVersion, 8)
  })
})

test('a plan can be looked at as it was, compared, and had back, document by document', async (t) => {
  await withLab(t, { nodes: 1 }, async (lab) => {
    const { one, two, acme } = files(lab, {
      one: plan(rule('all', '1XXX')),
      two: plan(rule('all', '1XXX', 480) + rule('night', '2XXX')),
      acme: 'domains: [acme.test]\n',
    })
    await lab.json(['plan', 'commit', one!])
    const [before] = await lab.json<Commit[]>(['plan', 'log'])
    t.is((await lab.raftel(['plan', 'diff', one!])).code, 0)
    const differs = await lab.raftel(['plan', 'diff', two!])
    t.is(differs.code, 1)
    t.regex(differs.stdout, /^\+ {2}- name: night$/m)
    t.regex(differs.stdout, /^rules: 1 added \(night\), 1 changed \(all\)$/m)
    t.true(
      (await lab.raftel(['plan', 'diff', path.join(lab.dir, 'none.yaml')])).code > 1,
      'no answer is not that they differ',
    )

    await lab.json(['plan', 'commit', two!, '--reason', 'nights'])
    await lab.json(['plan', 'commit', acme!, '--document', 'acme'])
    const show = async (...more: string[]) => (await lab.json<{ text: string }>(['plan', 'show', ...more])).text
    t.is(await show(), plan(rule('all', '1XXX', 480) + rule('night', '2XXX')))
    t.is(await show('--version', '1'), plan(rule('all', '1XXX')))
    t.is(await show('--at', before!.committedAt), plan(rule('all', '1XXX')))
    t.is(await show('--document', 'acme'), 'domains: [acme.test]\n')
    t.is((await lab.raftel(['plan', 'show', '--at', '2001-01-01'])).code, 3)
    t.is((await lab.raftel(['plan', 'show', '--version', '77'])).code, 3)
    const two1 = await lab.raftel(['plan', 'diff', '--version', '2', '--version', '1', '-o', 'json'])
    t.like(JSON.parse(two1.stdout), { same: false, rules: { added: [], removed: ['night'], changed: ['all'] } })

    const back = await lab.json<{ version: number }>(['plan', 'rollback', '1', '--reason', 'nights were wrong'])
    t.is(back.version, 4)
    t.is(await show(), await show('--version', '1'))
    const [last] = await lab.json<(Commit & { restored: number })[]>([
      'plan',
      'log',
      '--document',
      'main',
      '--limit',
      '1',
    ])
    t.like(last, { version: 4, kind: 'rollback', restored: 1, document: 'main', previous: 2 })

    const ls = await lab.json<{ document: string; version: number }[]>(['plan', 'ls'])
    t.deepEqual(
      ls.map(({ document, version }) => [document, version]),
      [
        ['acme', 3],
        ['main', 4],
      ],
    )
    await lab.json(['plan', 'remove', 'acme', '--reason', 'acme left'])
    t.is((await lab.raftel(['plan', 'show', '--document', 'acme'])).code, 3)
    t.is((await lab.raftel(['plan', 'remove', 'acme'])).code, 3)
    t.is((await lab.json<{ version: number }>(['plan', 'rollback', '3'])).version, 6, 'and it is back')
  })
})

test('a document is judged without being put in force', async (t) => {
  await withLab(t, { nodes: 1 }, async (lab) => {
    const { good, bad } = files(lab, {
      good: plan(rule('all', '1XXX')),
      bad: `${plan(rule('all', '1XXX', 200))}rulez: []\n`,
    })
    t.is((await lab.raftel(['plan', 'validate', good!])).code, 0)
    const refused = await lab.raftel(['plan', 'validate', bad!])
    t.is(refused.code, 1)
    t.regex(refused.stdout, /bad\.yaml:5:\d+: rules\[0\]\.reject\.status/)
    t.regex(refused.stdout, /bad\.yaml:6:1: rulez/)
    const said = await lab.raftel(['plan', 'validate', bad!, '--limit', '1', '-o', 'json'])
    t.like(JSON.parse(said.stdout), { ok: false, faultsTotal: 2 })
    t.is(JSON.parse(said.stdout).faults.length, 1)
    t.deepEqual(await lab.json(['plan', 'log']), [])
    t.is((await lab.raftel(['plan', 'commit', good!, '--break-glass'])).code, 2, 'glass is not broken without a reason')
  })
})

test('tests that stand in a plan hold it, also those of who borrows from it; the glass can be broken, with a reason that stays', async (t) => {
  await withLab(t, { nodes: 1 }, async (lab) => {
    const shared = (status: number) => `shared: house\nrules:\n${rule('premium', '0900!', status)}`
    const acme =
      'domains: [acme.test]\nuse: [house]\ntests:\n  - {name: no premium, call: "0900123", expect: {reject: 403}}\n'
    const { house, other, borrower, broken } = files(lab, {
      house: shared(403),
      other: shared(480),
      borrower: acme,
      broken: acme.replace('[house]', '[hose]'),
    })
    await lab.json(['plan', 'commit', house!, '--document', 'house'])
    t.like(await lab.json(['plan', 'commit', borrower!, '--document', 'acme']), { version: 2, tests: 1, failed: 0 })
    const red = await lab.raftel(['plan', 'test', other!, '--document', 'house'])
    t.is(red.code, 1)
    t.regex(red.stdout, /^FAILED {2}acme: no premium: refused 480 no$/m)
    t.regex(red.stdout, /the status of the refusal is 480, not 403/)
    t.regex(red.stdout, /- rule premium .*0900/)
    t.is((await lab.raftel(['plan', 'test'])).stdout, 'ok      acme: no premium: refused 403 no\n1 ok, 0 FAILED\n')

    const refused = await lab.raftel(['plan', 'commit', other!, '--document', 'house'])
    t.is(refused.code, 1)
    t.regex(refused.stderr, /1 of 1 tests fail.*--break-glass/)
    t.regex(refused.stderr, /acme: no premium/)
    const gone = await lab.raftel(['plan', 'remove', 'house'])
    t.is(gone.code, 1)
    t.regex(gone.stderr, /acme: use\[0\]: there is no shared plan house/)
    const wrong = await lab.raftel(['plan', 'validate', broken!, '--document', 'acme'])
    t.is(wrong.code, 1)
    t.regex(wrong.stdout, /broken\.yaml: use\[0\]: .*did you mean house\?/)

    const glass = [
      'plan',
      'commit',
      other!,
      '--document',
      'house',
      '--break-glass',
      '--reason',
      'the carrier is on fire',
    ]
    t.like(await lab.json(glass), { version: 3, tests: 1, failed: 1 })
    const [last] = await lab.json<object[]>(['plan', 'log', '--limit', '1'])
    t.like(last, { breakGlass: true, failed: 1, reason: 'the carrier is on fire', document: 'house' })
  })
})

test('calls that were placed at any node are replayed by a candidate, and what differs can be looked at', async (t) => {
  await withLab(t, { nodes: 3 }, async (lab) => {
    const { one, two } = files(lab, {
      one: plan(rule('ones', '1XXX') + rule('twos', '2XXX', 480)),
      two: plan(rule('ones', '1XXX', 404) + rule('twos', '2XXX', 480)),
    })
    await lab.json(['plan', 'commit', one!])
    await lab.addUser(`alice@${DOMAIN}`, 'x')
    await lab.addUser(`bob@${DOMAIN}`, 'x')
    const statuses = await Promise.all(lab.nodes.map((node, i) => called(t, node, i === 2 ? '2000' : `100${i}`)))
    t.deepEqual(statuses, [403, 403, 480])

    const same = await lab.raftel(['plan', 'replay', one!])
    t.deepEqual([same.code, same.stdout], [0, '3 same, 0 changed, 0 now fail\n'], same.stderr)
    const told = await lab.raftel(['plan', 'replay', two!, '-o', 'json'])
    const { changes, ...sums } = JSON.parse(told.stdout) as {
      changes: { dialled: string; before: object; after: object }[]
    }
    t.like(sums, { same: 1, changed: 2, fails: 0, fixed: 0, missing: [] })
    t.deepEqual(changes.map(({ dialled }) => dialled).sort(), ['1000', '1001'])
    t.like(changes[0]!.before, { outcome: 'refused 403 no', rule: 'ones' })
    const shown = await lab.raftel(['plan', 'replay', two!, '--show', '1'])
    t.regex(shown.stdout, /^changed: alice@pbx.test to 100[01]@pbx.test at 20/m)
    t.regex(shown.stdout, /^after: refused 404 no \(rule ones\)$/m)

    // What is explained is what happened, and by the candidate what would happen.
    const explain = ['route', 'explain', `alice@${DOMAIN}`]
    const now = await lab.raftel([...explain, '1000'])
    t.regex(now.stdout, /^refused 403 no \(rule ones, plan 1, node n\d\)$/m)
    t.like(await lab.json([...explain, '1000', '--plan', two!]), {
      outcome: 'refused 404 no',
      kind: 'reject',
      rule: 'ones',
    })
    t.regex((await lab.raftel([...explain, 'bob'])).stdout, /bob@pbx.test is not registered/)
    const phone = await rawPhone(lab.nodes[0]!.sip)
    t.teardown(() => phone.close())
    t.is((await registerOnce(phone, `bob@${DOMAIN}`, 'x'))?.status, 200)
    const rings = await lab.raftel([...explain, 'bob', '--endpoints', lab.nodes[0]!.control])
    t.regex(rings.stdout, /bob@pbx\.test at sip:raw@127\.0\.0\.1:\d+ via n1, kept/)
    t.is((await lab.raftel([...explain, '1000', '--at', '2001-01-01'])).code, 0, 'there was no plan then')

    await lab.kill(lab.nodes[2]!.id)
    const without = await lab.raftel(['plan', 'replay', one!, '--endpoints', lab.nodes[0]!.control])
    t.regex(without.stdout, /^2 same/m)
    t.regex(without.stderr, /n3 could not be asked/)
  })
})

test('calls that come in at different nodes go round the members of a group in turn, and every node says beforehand who is next', async (t) => {
  await withLab(t, { nodes: 3 }, async (lab) => {
    await lab.founded()
    const members = ['bob', 'carol', 'dave', 'erin']
    const group = (ring: string) =>
      `domains: [${DOMAIN}]\ngroups: {sales: {ring: ${ring}, users: [${members}]}}\nrules: [{name: sales, match: "700", group: sales}]\n`
    await lab.commitPlan(group('round_robin'))
    await lab.addUser(`alice@${DOMAIN}`, 'x')
    const rung: string[] = []
    for (const [i, user] of members.entries()) {
      await lab.addUser(`${user}@${DOMAIN}`, 'x')
      const phone = await rawPhone(lab.nodes[i % 3]!.sip)
      t.teardown(() => phone.close())
      // Who declines ends the call: nobody else is rung.
      phone.onRequest('INVITE', (raw) => {
        rung.push(user)
        // By whichever node it comes.
        phone.aim(/^Via: SIP\/2\.0\/UDP ([^;\s]+)/m.exec(raw)![1]!)
        phone.send(declined(raw))
      })
      phone.onRequest('ACK', () => {})
      t.is((await registerOnce(phone, `${user}@${DOMAIN}`, 'x'))?.status, 200)
    }

    const first = (id: string) =>
      new Promise<string>((resolve, reject) => {
        lab.client(id).explainRoute({ from: `alice@${DOMAIN}`, to: '700' }, (error, said) => {
          if (error) reject(error)
          else resolve(said?.steps[0]?.text ?? '')
        })
      })
    for (const [i, next] of [...members, ...members.slice(0, 3)].entries()) {
      for (const { id } of lab.nodes) {
        await lab.until(
          `${id} says that ${next} is next after ${rung}`,
          () => first(id),
          (text) => text.includes(`${next}@`),
        )
      }
      // A leap from node to node that is no multiple of the members.
      t.is(await called(t, lab.nodes[i % 3]!, '700'), 603)
      t.deepEqual([...new Set(rung.splice(0))], [next])
    }

    await lab.commitPlan(group('serial').replaceAll('sales', 'others'))
    await lab.commitPlan(group('round_robin'))
    const isBob = (text: string) => text.includes('bob@')
    await lab.until('turns went with the group', () => first('n2'), isBob)
  })
})

function declined(invite: string): string {
  const lines = invite.split('\r\n\r\n')[0]!.split('\r\n')
  const copied = lines.filter((line) => /^(?:via|from|call-id|cseq):/i.test(line))
  const to = lines.find((line) => /^to:/i.test(line))
  return ['SIP/2.0 603 Decline', ...copied, `${to};tag=no`, 'Content-Length: 0', '', ''].join('\r\n')
}

/** An authenticated call of alice, and what she is told. */
async function called(t: ExecutionContext, node: LabNode, number: string): Promise<number | undefined> {
  const phone = await rawPhone(node.sip)
  t.teardown(() => phone.close())
  const uri = `sip:${number}@${DOMAIN}`
  const callId = newCallId()
  const words = { method: 'INVITE', uri, from: `sip:alice@${DOMAIN}`, to: uri, callId }
  const first = await phone.ask(request(phone.port, { ...words, cseq: 1 }), callId, 1)
  const challenge = first?.headers('proxy-authenticate').find((one) => one.includes('algorithm=MD5')) ?? ''
  const credentials = { challenge, algorithm: 'MD5', user: 'alice', password: 'x', method: 'INVITE', uri } as const
  const headers = [`Proxy-Authorization: ${authorization(credentials)}`]
  return (await phone.ask(request(phone.port, { ...words, cseq: 2, headers }), callId, 2))?.status
}
