/**
 * The consensus half in a thread of its own. Its words, its log lines and its end come through one port, in order. A thread
 * that ends without being told to is the end of this node.
 */
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import type { ConsensusHalf, ConsensusOptions, TablesHalf, ToConsensus } from './halves.ts'
import type { Logger } from './logger.ts'
import { openForTables, parcelForConsensus } from './port.ts'

export type FromThread =
  | { readonly kind: 'said'; readonly said: readonly object[] }
  | { readonly kind: 'log'; readonly level: keyof Logger; readonly fields: object; readonly message: string }
  | { readonly kind: 'started' }
  | { readonly kind: 'refused'; readonly error: Error }
  | { readonly kind: 'closed' }

export type ToThread = { readonly kind: 'said'; readonly said: readonly object[] } | { readonly kind: 'close' }

/** MB; it keeps the end of the log and no tables. A snapshot that comes from another node passes through as text. */
const HEAP_MAX = 2048

export async function startThread(options: ConsensusOptions, tables: TablesHalf): Promise<ConsensusHalf> {
  // The sources run as they are, and so does what they are compiled to.
  const file = new URL(`./worker${path.extname(import.meta.filename)}`, import.meta.url)
  const worker = new Worker(file, {
    name: 'consensus',
    workerData: { ...options, key: Uint8Array.from(options.key) },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX },
  })
  const started = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  let state: 'starting' | 'running' | 'ending' = 'starting'

  const lost = (error: Error): void => {
    closed.resolve()
    if (state === 'starting') started.reject(error)
    if (state === 'running') tables.lost(error)
    state = 'ending'
  }
  worker.on('message', (from: FromThread) => {
    switch (from.kind) {
      case 'said':
        tables.hear(openForTables(from.said))
        break
      case 'log':
        tables.log[from.level](from.fields, from.message)
        break
      case 'started':
        state = 'running'
        started.resolve()
        break
      case 'refused':
        lost(from.error)
        break
      case 'closed':
        closed.resolve()
        break
    }
  })
  worker.on('error', (error: Error) => lost(endOf(error.message)))
  worker.on('exit', (code) => lost(endOf(`exit code ${code}`)))
  const post = (message: ToThread, blocks: ArrayBuffer[] = []) => worker.postMessage(message, blocks)

  try {
    await started.promise
  } catch (error) {
    await worker.terminate()
    throw error
  }
  return {
    tell(batch: readonly ToConsensus[]) {
      const { said, blocks } = parcelForConsensus(batch)
      post({ kind: 'said', said }, blocks)
    },
    async close() {
      state = 'ending'
      post({ kind: 'close' })
      await closed.promise
      await worker.terminate()
    },
  }
}

function endOf(why: string): Error {
  return new Error(`the consensus thread of this node ended by itself (${why}): start the node again`)
}
