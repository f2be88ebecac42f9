import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import test from 'ava'
import stringWidth from 'string-width'
import { type Terminal, terminal } from '../cli/tui/terminal.ts'
import { needing } from '../peers.ts'
import { type Lab, RAFTEL, withLab } from './lab.ts'

const PASSWORD = 'correct-horse'
const PEOPLE = ['alice', 'bob', 'carol', 'dave'].map((name) => `${name}@pbx.test`)
const CALL = /answered .*alice@pbx\.test +bob@pbx\.test/
const OTHER = /answered .*carol@pbx\.test +dave\b/

needing(
  test,
  'rtpengine',
  'script',
  'tmux',
)('an operator sees the calls of real phones, opens one with its media counted, and hangs it up', async (t) => {
  await withLab(t, { nodes: 3, media: 'rtpengine' }, async (lab) => {
    const phones = await talking(lab)
    const screen = await terminal([RAFTEL, 'tui', '--endpoints', lab.endpoints])
    try {
      const first = await screen.until((lines) =>
        [CALL, OTHER, /quorum/, /media 3/].every((wanted) => wanted.test(lines.join('\n'))),
      )
      const { term } = await lab.status()
      t.regex(
        first[0]!,
        new RegExp(`quorum 3/3  leader ${lab.leader}  term ${term}  index [\\d ]+  plan #1  UTC \\d\\d:\\d\\d:\\d\\d`),
      )
      t.regex(first[1]!, /calls 2 .*cps .*regs 4 {2}users 4 {2}media 3\/3/)
      await everyView(screen)
      await filtering(screen)
      await storm(screen)
      await inTmux(lab)
      await withoutColour(lab)
      await hangingUp(screen, lab)
      screen.send('q')
      t.is(await screen.exit(), 0)
      t.regex(screen.written(), /\u001b\[\?1049l(\u001b\[\?25h)*$/)
    } finally {
      await screen.end()
      for (const phone of phones) await end(phone)
    }
  })

  async function everyView(screen: Terminal): Promise<void> {
    screen.send('2')
    // Title and rows may come in two reads of the terminal: the frame that counts has both.
    const whole = (text: string): boolean => /registrations ─ 4/.test(text) && PEOPLE.every((aor) => text.includes(aor))
    await screen.until((lines) => whole(lines.join('\n')))
    screen.send(':nodes\r')
    const roles = (text: string): number[] =>
      [/ leader +up /g, / follower +up /g].map((role) => text.match(role)?.length ?? 0)
    const nodes = await screen.until(
      (lines) => /nodes ─ 3/.test(lines.join('\n')) && roles(lines.join('\n')).join() === '1,2',
    )
    t.deepEqual(roles(nodes.join('\n')), [1, 2])
    screen.send('4')
    await screen.until(/events ─ \d+[\s\S]*node n\d is up/)
    screen.send('5')
    await screen.until(/version 1 [\s\S]*pbx\.test/)
    screen.send('?')
    await screen.until(/hang this call up, after a typed confirmation/)
    screen.send('1')
    await screen.until(/calls ─ 2/)
  }

  async function filtering(screen: Terminal): Promise<void> {
    screen.send('/ALICE')
    const found = await screen.until(/calls ─ 1\/2 ─ filter: ALICE/)
    t.regex(found.join('\n'), CALL)
    t.notRegex(found.join('\n'), OTHER)
    screen.send('\u001b')
    await screen.until((lines) => /calls ─ 2 /.test(lines[3]!) && !lines.join('\n').includes('ALICE'))
    screen.send('//^(alice|x)@')
    t.notRegex((await screen.until(/calls ─ 1\/2 ─ filter: \/\^\(alice\|x\)@/)).join('\n'), OTHER)
    screen.send('(')
    await screen.until(/"\(" is not closed/)
    screen.send('\u001b')
    await screen.until(/calls ─ 2 ─ sort/)
    screen.send(':calls /!alice\r')
    t.regex((await screen.until(/calls ─ 1\/2 ─ filter: !alice/)).join('\n'), OTHER)
    screen.send('\u001b')
    await screen.until(/calls ─ 2 ─ sort/)
  }

  async function storm(screen: Terminal): Promise<void> {
    const sizes = [
      [120, 40],
      [40, 10],
      [200, 50],
      [39, 9],
      [60, 12],
      [41, 24],
      [80, 24],
      [40, 10],
      [100, 30],
    ] as const
    for (const [columns, rows] of sizes) await screen.resize(columns, rows)
    await screen.until((lines) => whole(lines, 100, 30))
    await screen.resize(39, 9)
    await screen.until((lines) => lines[0] === 'too small: 39x9, needs 40x10' && lines.slice(1).join('') === '')
    await screen.resize(40, 10)
    await screen.until((lines) => whole(lines, 40, 10))
    await screen.resize(80, 24)
    await screen.until((lines) => whole(lines, 80, 24) && CALL.test(lines.join('\n')))
  }

  async function hangingUp(screen: Terminal, lab: Lab): Promise<void> {
    screen.send('/alice\r')
    await screen.until(/calls ─ 1\/2/)
    screen.send('\r')
    const page = await screen.until((lines) => packets(lines).filter((count) => count > 0).length >= 2)
    const id = /call (\S+) /.exec(page[3]!)?.[1] ?? ''
    const before = Math.max(...packets(page))
    await screen.until((lines) => Math.max(...packets(lines)) > before)
    screen.send('xnope\r')
    await screen.until(/not hung up/)
    screen.send('x')
    await screen.until(new RegExp(`type ${id.slice(0, 4)} and enter`))
    screen.send(`${id.slice(0, 4)}\r`)
    await screen.until(new RegExp(`raftel call hangup ${id}`))
    await screen.until(/This call has ended/)
    const left = await lab.json<{ from: string }[]>(['call', 'ls'])
    t.deepEqual(
      left.map(({ from }) => from.replace(/^sip:/, '')),
      ['carol@pbx.test'],
    )
    screen.send('\u001b')
    await screen.until(/calls ─ 0\/1 ─ filter: alice/)
  }

  async function inTmux(lab: Lab): Promise<void> {
    const socket = `raftel-${process.pid}`
    const tmux = (...args: string[]) =>
      spawnSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' }).stdout
    const captured = async () => tmux('capture-pane', '-p', '-t', 'tui').split('\n')
    tmux('new-session', '-d', '-s', 'tui', '-x', '80', '-y', '24', `${RAFTEL} tui --endpoints ${lab.endpoints}`)
    try {
      const lines = await lab.until(
        'both calls in tmux',
        captured,
        (seen) => CALL.test(seen.join('\n')) && OTHER.test(seen.join('\n')),
      )
      t.true(whole(lines.slice(0, 24), 80, 24), lines.join('\n'))
      t.log(lines.join('\n'))
      tmux('send-keys', '-t', 'tui', '3')
      await lab.until('the nodes in tmux', captured, (seen) => /nodes ─ 3/.test(seen[3] ?? ''))
      tmux('send-keys', '-t', 'tui', 'q')
      await lab.until(
        'tmux ends with its only program',
        async () => tmux('list-sessions'),
        (seen) => seen === '',
      )
    } finally {
      tmux('kill-server')
    }
  }

  async function withoutColour(lab: Lab): Promise<void> {
    const env = { NO_COLOR: '1', RAFTEL_ASCII: '1' }
    const plain = await terminal([RAFTEL, 'tui', '--read-only', '--endpoints', lab.endpoints], { env })
    try {
      const lines = await plain.until((lines) => CALL.test(lines.join('\n')))
      t.regex(lines.join('\n'), /^[\x20-\x7e\n]*$/)
      t.regex(lines[0]!, /\* quorum 3\/3/)
      t.false(plain.coloured())
      plain.send('\r')
      await plain.until(/legs/)
      plain.send('x')
      await plain.until(/read-only/)
      plain.send('\u0003')
      t.is(await plain.exit(), 0)
    } finally {
      await plain.end()
    }
  }
})

needing(test, 'script')(
  'when nodes die the screen goes on with the next one, and without a quorum it says so and shows what it knows',
  async (t) => {
    await withLab(t, { nodes: 3, media: 'direct' }, async (lab) => {
      await lab.commitPlan('domains: [pbx.test]\n')
      const screen = await terminal([RAFTEL, 'tui', '--endpoints', lab.endpoints], { columns: 110 })
      const asked = lab.nodes[0]!.id
      const [second, third] = lab.nodes.slice(1).map((node) => node.id) as [string, string]
      try {
        const calm = await screen.until(new RegExp(`quorum 3/3[\\s\\S]*media of ${asked} is direct`))
        t.regex(calm[0]!, new RegExp(`via ${asked}`))
        await lab.kill(asked)
        await screen.until(new RegExp(`via ${second}`))
        await screen.until(new RegExp(`node ${asked} cannot be reached`))
        await screen.until(/quorum 2\/3/)
        await lab.kill(third)
        const lost = await screen.until(/no quorum since \d\d:\d\d:\d\d/)
        t.regex(lost[0]!, /✖ NO QUORUM/)
        screen.send('3')
        const nodes = await screen.until(/nodes ─ 3[\s\S]*lost[\s\S]*lost/)
        t.regex(nodes.join('\n'), new RegExp(`${second} .* up `))
        await lab.start(third)
        await screen.until(
          (lines) => /● quorum|▲ quorum 2\/3/.test(lines[0]!) && !lines.join('').includes('no quorum'),
          40_000,
        )
        process.kill(screen.pid(), 'SIGTERM')
        t.is(await screen.exit(), 143)
        t.regex(screen.written(), /\u001b\[\?1049l(\u001b\[\?25h)*$/)
      } finally {
        await screen.end()
      }
    })
  },
)

/** Header on top, keys at the bottom, as wide as the terminal in between and nowhere wider. */
function whole(lines: readonly string[], columns: number, rows: number): boolean {
  if (lines.length !== rows || !/quorum/.test(lines[0]!) || !/q quit/.test(lines[rows - 1]!)) return false
  if (stringWidth(lines[3]!) !== columns || !/^─ calls/.test(lines[3]!)) return false
  return lines.every((line) => stringWidth(line) <= columns) && lines.filter((line) => /quorum/.test(line)).length === 1
}

/** What the page of a call says was counted, a number for each direction. */
function packets(lines: readonly string[]): number[] {
  const head = lines.findIndex((line) => /SIDE +PACKETS/.test(line))
  if (head < 0) return []
  const rows = lines.slice(head + 1).filter((line) => /^ {2}\S/.test(line))
  return rows.map((line) => Number(line.slice(11, 20).replaceAll(' ', '')))
}

/** alice calls bob and carol calls dave, each registered at another node than the one called. */
async function talking(lab: Lab): Promise<ChildProcess[]> {
  const [n1, n2, n3] = lab.nodes.map((node) => node.sip) as [string, string, string]
  await lab.commitPlan('domains: [pbx.test]\n')
  for (const aor of PEOPLE) await lab.addUser(aor, PASSWORD)
  const answering = [phone('bob', n2), phone('dave', n3)]
  await lab.until(
    'both answering phones registered',
    () => lab.json<unknown[]>(['reg', 'ls']),
    (rows) => rows.length === 2,
  )
  return [...answering, phone('alice', n1, 'bob'), phone('carol', n2, 'dave')]
}

function phone(name: string, registrar: string, callee?: string): ChildProcess {
  const role = callee ? ['--call', `${callee}@pbx.test`, '--seconds', '900'] : ['--answer', 'auto', '--for', '900']
  const args = ['phone', '--aor', `${name}@pbx.test`, '--password-stdin', '--registrar', registrar, ...role]
  const child = spawn(RAFTEL, args, { stdio: ['pipe', 'ignore', 'inherit'] })
  child.stdin.on('error', () => undefined).end(`${PASSWORD}\n`)
  return child
}

function end(phone: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (phone.exitCode !== null || phone.signalCode !== null) return resolve()
    phone.once('close', () => resolve())
    phone.kill('SIGTERM')
  })
}
