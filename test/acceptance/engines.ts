/** SIP engines in processes of their own, for nodes with `sip.engine: {host, port, secret}`. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { which } from '../peers.ts'

export type EngineKind = 'our engine' | 'drachtio-server'

export interface EngineBeside {
  readonly port: number
  readonly secret: string
  readonly pid: number
  /** Resolves when it takes connections. */
  start(): Promise<void>
  /** kill -9. */
  kill(): Promise<void>
}

/** The daemon named by RAFTEL_DRACHTIO, or on the PATH. */
export function drachtioServer(): string | null {
  const named = process.env.RAFTEL_DRACHTIO ?? ''
  // A host and a port name a server that runs: that is for test/node/engine/scenarios.test.ts.
  return (named !== '' && !/^[\w.-]+:\d+$/.test(named) ? named : null) ?? which('drachtio')
}

/** An engine on `127.0.0.1:sipPort` over UDP and TCP, not yet started; `folder` gets its log. `more` is for the daemon's configuration. */
export function engineBeside(kind: EngineKind, folder: string, sipPort: number, port: number, more = ''): EngineBeside {
  const secret = `open-sesame-${port}`
  let child: ChildProcess | null = null

  function launch(): ChildProcess {
    const log = openSync(path.join(folder, `engine-${sipPort}.log`), 'a')
    const stdio: StdioOptions = ['pipe', log, log]
    try {
      if (kind === 'our engine') {
        const args = [path.join(import.meta.dirname, 'engine-process.ts'), String(sipPort), String(port)]
        return spawn(process.execPath, args, { stdio, env: { ...process.env, ENGINE_SECRET: secret } })
      }
      const file = path.join(folder, `drachtio-${sipPort}.xml`)
      writeFileSync(file, daemonConfig(sipPort, port, secret, more))
      return spawn(drachtioServer() ?? 'drachtio', ['-f', file], { stdio })
    } finally {
      closeSync(log)
    }
  }

  return {
    port,
    secret,
    get pid() {
      return child?.pid ?? 0
    },
    async start() {
      child = launch()
      const gone = once(child, 'exit').then(() => {
        throw new Error(`the engine ended: ${readFileSync(path.join(folder, `engine-${sipPort}.log`), 'utf8')}`)
      })
      gone.catch(() => {})
      await Promise.race([listens(port), gone])
    },
    async kill() {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

function daemonConfig(sipPort: number, port: number, secret: string, more: string): string {
  return `<drachtio>
  <admin port="${port}" secret="${secret}">127.0.0.1</admin>
  <sip><contacts><contact>sip:127.0.0.1:${sipPort};transport=udp,tcp</contact></contacts></sip>
  <logging><console/><sofia-loglevel>1</sofia-loglevel><loglevel>notice</loglevel></logging>
  ${more}
</drachtio>
`
}

/** Tries until somebody listens, for 20 s. */
async function listens(port: number): Promise<void> {
  const end = Date.now() + 20_000
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const up = await Promise.race([once(socket, 'connect'), once(socket, 'close')]).then(
      () => !socket.destroyed && socket.readyState === 'open',
      () => false,
    )
    socket.destroy()
    if (up) return
    if (Date.now() > end) throw new Error(`no engine listens on port ${port}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
