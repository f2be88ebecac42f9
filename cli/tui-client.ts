/** The screen's way to a cluster: one node at a time, and the next one when it is lost. */
import type { ServiceError } from '@grpc/grpc-js'
import type { ControlClient } from '../proto/types/raftel/v1/Control.ts'
import { broken, hung, openControls, unreachable } from './client.ts'
import type { Globals } from './globals.ts'
import { type TuiClient, tuiClient } from './tui/source.ts'

const CONNECT_MS = 1000

export function fallingOver(given: Globals, env: NodeJS.ProcessEnv = process.env): TuiClient & { close(): void } {
  const controls = openControls(given, env)
  const clients = controls.map(({ control, endpoint }) => ({ control, endpoint, client: tuiClient(control) }))
  let current = 0

  const ask = async <Reply>(send: (client: TuiClient) => Promise<Reply>, may: 'again' | 'once' = 'again') => {
    const tried: string[] = []
    for (let i = 0; i < clients.length; i++) {
      const at = current
      const { control, endpoint, client } = clients[at]!
      if (await ready(control)) {
        try {
          return await send(client)
        } catch (error) {
          const lost = broken(error as ServiceError) || hung(error as ServiceError)
          if (!lost || may === 'once') throw error
        }
      }
      tried.push(`${endpoint} does not answer`)
      // Another question may have moved on already.
      if (current === at) current = (at + 1) % clients.length
    }
    throw await unreachable(given, env, tried)
  }

  return {
    overview: () => ask((client) => client.overview()),
    cluster: () => ask((client) => client.cluster()),
    calls: (query) => ask((client) => client.calls(query)),
    registrations: (query) => ask((client) => client.registrations(query)),
    call: (id) => ask((client) => client.call(id)),
    trace: (id) => ask((client) => client.trace(id)),
    explain: (id) => ask((client) => client.explain(id)),
    hangUp: (id) => ask((client) => client.hangUp(id), 'once'),
    plan: () => ask((client) => client.plan()),
    events: (signal) => clients[current]!.client.events(signal),
    close() {
      for (const { control } of controls) control.close()
    },
  }
}

function ready(control: ControlClient): Promise<boolean> {
  return new Promise((resolve) => control.waitForReady(Date.now() + CONNECT_MS, (error) => resolve(!error)))
}
