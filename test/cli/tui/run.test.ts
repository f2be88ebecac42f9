import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import test from 'ava'
import { needing } from '../../peers.ts'
import { type Terminal, terminal } from './terminal.ts'

// What draws is compiled before it runs: `npm run build`.
const SHOW = path.join(import.meta.dirname, '..', '..', '..', 'dist', 'test', 'cli', 'tui', 'show.js')
const RESTORED = /\u001b\[\?25h[\s\S]*\u001b\[\?1049l(\u001b\[\?25h)*$/

test.before(() => {
  if (!existsSync(SHOW)) throw new Error('the screen is not compiled: npm run build')
})

needing(test, 'script')(
  'with nobody to ask the screen says so, stays usable, and q gives the terminal back',
  async (t) => {
    const screen = await opened()
    try {
      const lines = await screen.until(/no answer since \d\d:\d\d:\d\d/)
      t.regex(lines[0]!, /connecting/)
      screen.send('?')
      await screen.until(/hang this call up/)
      screen.send('q')
      t.is(await screen.exit(), 0)
      t.regex(screen.written(), RESTORED)
    } finally {
      await screen.end()
    }
  },
)

for (const [name, stop, code] of [
  ['ctrl-C', (screen: Terminal) => screen.send('\u0003'), 0],
  ['SIGTERM', (screen: Terminal) => void process.kill(screen.pid(), 'SIGTERM'), 143],
  ['SIGHUP', (screen: Terminal) => void process.kill(screen.pid(), 'SIGHUP'), 129],
] as const) {
  needing(test, 'script')(`${name} gives the terminal back as it was`, async (t) => {
    const screen = await opened()
    try {
      await screen.until(/connecting/)
      stop(screen)
      t.is(await screen.exit(), code)
      t.regex(screen.written(), RESTORED)
    } finally {
      await screen.end()
    }
  })
}

test('without a terminal it ends with a usage error that names what to use instead', (t) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SHOW, '127.0.0.1:9'], { encoding: 'utf8', input: '' })
  t.is(status, 2)
  t.is(stdout, '')
  t.regex(stderr, /needs a terminal.*raftel call ls/)
})

async function opened(): Promise<Terminal> {
  return terminal([process.execPath, SHOW, `127.0.0.1:${await unused()}`])
}

function unused(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}
