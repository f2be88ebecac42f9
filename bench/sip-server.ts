/** The server of bench:sip (sip-app.ts) as a process of its own, and the questions that it answers. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

export interface Held {
  readonly cpuMicros: number
  /** Bytes. */
  readonly rss: number
  readonly connections: number
  readonly refused: number
  /** By a limit, not by overload: then a round is not what it says. */
  readonly full: number
}

export interface SipServer {
  readonly pid: number
  /** Where it listens, UDP and TCP; undefined for an application alone. */
  readonly sip: number | undefined
  /** What it holds; with `over`, after it was told that the rush is over. */
  held(over?: boolean): Promise<Held>
  end(): void
}

/** Resolves when it listens. `args` as sip-app.ts says. */
export async function sipServer(...args: readonly (number | string)[]): Promise<SipServer> {
  const app = fork(path.join(import.meta.dirname, 'sip-app.ts'), args.map(String), {
    execArgv: ['--expose-gc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const exit = new AbortController()
  app.once('exit', (code, signal) => exit.abort(new Error(`sip-app.ts ended: ${signal ?? code}`)))

  async function heard<T>(): Promise<T> {
    return ((await once(app, 'message', { signal: exit.signal })) as [T])[0]
  }

  const { sip } = await heard<{ sip?: number }>()
  return {
    pid: app.pid!,
    sip,
    held(over = false) {
      app.send(over ? 'the rush is over' : 'what do you hold')
      return heard<Held>()
    },
    end: () => void app.kill(),
  }
}
