import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { credentialsOf, formatChallenge, parseAuthorization, verify } from '../../node/sip/digest.ts'
import { SHELLS, tabbed } from '../cli/shells.ts'
import { carrier } from '../node/trunks/rig.ts'
import { which } from '../peers.ts'
import { RAFTEL, withLab } from './lab.ts'

interface Cell {
  readonly trunk: string
  readonly node: string
  readonly reach: string
  readonly registration: string | null
}

interface Shown {
  readonly state: string
  readonly registeredBy: string | null
}

test('one node registers a trunk, and when it is dead another does', async (t) => {
  const known = credentialsOf('acme', 'carrier.test', 'open-sesame')
  const heard: { readonly at: number; readonly port: number; readonly expires: string; readonly contact: string }[] = []
  const registrar = await carrier(t, {
    registered(request) {
      const [answer] = parseAuthorization(request.header('authorization') ?? '')
      if (!answer || !verify(answer, known, 'REGISTER')) {
        const value = formatChallenge('carrier.test', 'n1', 'SHA-256', { stale: false })
        return request.reply(401, { headers: { 'WWW-Authenticate': [value] } })
      }
      const [contact, expires] = [request.header('contact') ?? '', request.header('expires') ?? '']
      heard.push({ at: performance.now(), port: request.source.port, expires, contact })
      // So short that the holder comes again all the time.
      request.reply(200, { headers: { Contact: `${contact};expires=1` } })
    },
  })
  await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
    await lab.founded()
    const add = ['trunk', 'add', 'a', '--target', registrar.target, '--user', 'acme', '--password-stdin', '--register']
    await lab.json(add, 'open-sesame\n')
    const show = () => lab.json<Shown>(['trunk', 'show', 'a'])
    const { registeredBy } = await lab.until('it is registered', show, (shown) => shown.registeredBy !== null)
    const portOf = (id: string) => Number(lab.nodes.find((node) => node.id === id)!.sip.split(':')[1])
    const first = portOf(registeredBy!)
    t.deepEqual([...new Set(heard.map(({ port }) => port))], [first])

    await lab.kill(registeredBy!)
    const killed = performance.now()
    const second = await lab.until('another registers it', show, (shown) => {
      return shown.registeredBy !== null && shown.registeredBy !== registeredBy
    })
    const taken = heard.find(({ port }) => port !== first)!
    // By the registrar's own clock; how long it takes is bench:failover's to measure.
    t.log(`taken over after ${Math.round(taken.at - killed)} ms`)
    t.is(taken.port, portOf(second.registeredBy!))
    t.true(taken.contact.includes(`:${taken.port}`))
    // Never two at a time, nor one after the other had taken over.
    const after = heard.slice(heard.indexOf(taken))
    t.deepEqual([...new Set(after.map(({ port }) => port))], [taken.port])

    // The old one comes back and leaves it where it is.
    await lab.start(registeredBy!)
    const count = heard.length
    await lab.until(
      'the holder registers again',
      async () => heard.length,
      (now) => now > count + 3,
    )
    t.deepEqual([...new Set(heard.slice(count).map(({ port }) => port))], [taken.port])

    // Who is disabled says goodbye.
    t.is((await lab.raftel(['trunk', 'disable', 'a'])).code, 0)
    await lab.until(
      'it is unregistered',
      async () => heard.at(-1)!,
      ({ expires }) => expires === '0',
    )
    t.is(heard.at(-1)!.port, taken.port)

    // The password stays for who asks there, and goes nowhere else.
    t.is((await lab.raftel(['trunk', 'set', 'a', 'max_calls=3'])).code, 0)
    const elsewhere = await lab.raftel(['trunk', 'set', 'a', 'targets=["sip:127.0.0.1:9"]'])
    t.is(elsewhere.code, 1)
    t.regex(elsewhere.stderr, /acme needs a password there/)

    await lab.raftel(['cluster', 'snapshot', 'save', path.join(lab.dir, 'saved')])
    const outputs = [
      JSON.stringify(await lab.json(['trunk', 'show', 'a'])),
      JSON.stringify(await lab.json(['trunk', 'ls'])),
    ]
    const files = [
      path.join(lab.dir, 'saved'),
      ...readdirSync(path.join(lab.dir, 'logs')).map((file) => path.join(lab.dir, 'logs', file)),
    ]
    for (const text of [...outputs, ...files.map((file) => readFileSync(file, 'latin1'))])
      t.false(text.includes('open-sesame'))
    const verdict = await lab.json<{ nodes: { verdict: string }[] }>(['cluster', 'verify'])
    t.true(verdict.nodes.every((node) => node.verdict === 'equal'))
  })
})

test('the matrix tells which node reaches which trunk; what is wrong with a trunk is told and nothing changed', async (t) => {
  const good = await carrier(t)
  const failing = await carrier(t, { options: (request) => request.reply(503) })
  await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
    await lab.founded()
    const add = (name: string, target: string) => lab.raftel(['trunk', 'add', name, '--target', target, 'probe=1'])
    t.is((await add('good', good.target)).code, 0)
    t.is((await add('failing', failing.target)).code, 0)
    t.is((await add('good', good.target)).code, 5)
    const cells = await lab.until(
      'all nodes say that it fails',
      () => lab.json<Cell[]>(['trunk', 'status']),
      (all) => all.filter(({ trunk, reach }) => trunk === 'failing' && reach === 'down').length === 3,
    )
    t.deepEqual(
      cells.filter(({ trunk }) => trunk === 'good').map(({ node, reach }) => [node, reach]),
      ['n1', 'n2', 'n3'].map((node) => [node, 'up']),
    )
    t.is((await lab.json<Shown>(['trunk', 'show', 'failing'])).state, 'down')
    const wide = await lab.raftel(['trunk', 'set', 'good', 'inbound.from=[0.0.0.0/0]'])
    t.is(wide.code, 1)
    t.regex(wide.stderr, /good: inbound\.from\[0\]: is too wide/)
    t.is((await lab.raftel(['trunk', 'set', 'nobody', 'max_calls=3'])).code, 3)
    const file = `x: {targets: ["${good.target}"]}\ny: {targets: []}\n`
    t.is((await lab.raftel(['trunk', 'apply', '-'], file)).code, 1)
    t.deepEqual(
      (await lab.json<{ name: string }[]>(['trunk', 'ls'])).map(({ name }) => name),
      ['failing', 'good'],
    )
    await lab.commitPlan('domains: [pbx.test]\n')
    await lab.json(['tenant', 'add', 'acme'])
    await lab.json(['limit', 'set', 'tenant:pbx.test', '--calls', '5'])
    // What a shell shows after a tab: asked of the real ones, with the script that they are given.
    const completed = async (shell: string, line: string): Promise<string[]> => {
      const { stdout: script } = await lab.raftel(['completion', shell])
      return tabbed(shell, script, `--dir ${lab.dir} ${line}`, path.dirname(RAFTEL))
    }
    for (const shell of SHELLS.filter((one) => which(one) !== null)) {
      t.deepEqual(await completed(shell, 'trunk show '), ['failing', 'good'], shell)
      t.deepEqual(await completed(shell, 'trunk disable g'), ['good'], shell)
      t.deepEqual(await completed(shell, 'trunk st'), ['status'], shell)
      t.deepEqual(await completed(shell, 'plan remove '), ['main'], shell)
      t.deepEqual(await completed(shell, 'plan show --document '), ['main'], shell)
      t.deepEqual(await completed(shell, 'tenant show ac'), ['acme'], shell)
      t.deepEqual(await completed(shell, 'limit show '), ['tenant:pbx.test'], shell)
    }

    t.is((await lab.raftel(['trunk', 'rm', 'good'])).code, 0)
    t.is((await lab.raftel(['trunk', 'rm', 'good'])).code, 3)
  })
})
