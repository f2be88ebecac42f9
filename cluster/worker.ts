/** Where the thread of the consensus half begins; see thread.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { giveMemoryBack } from '../proto/memory.ts'
import { Consensus } from './consensus.ts'
import type { ConsensusOptions, ToTables } from './halves.ts'
import type { Logger } from './logger.ts'
import { openForConsensus, parcelForTables } from './port.ts'
import type { FromThread, ToThread } from './thread.ts'
import { realWorld } from './world.ts'

if (parentPort === null) throw new Error('cluster/worker.ts is only started as a thread')
const port = parentPort
const post = (message: FromThread, blocks: ArrayBuffer[] = []) => port.postMessage(message, blocks)

const line = (level: keyof Logger) => (fields: object, message: string) => post({ kind: 'log', level, fields, message })
const log: Logger = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }

const tell = (batch: readonly ToTables[]): void => {
  const { said, blocks } = parcelForTables(batch)
  post({ kind: 'said', said }, blocks)
}

try {
  const consensus = await Consensus.start(received(workerData), { world: realWorld, log, tell })
  port.on('message', (message: ToThread) => {
    if (message.kind === 'said') consensus.hear(openForConsensus(message.said))
    else void consensus.close().then(() => post({ kind: 'closed' }))
  })
  giveMemoryBack()
  post({ kind: 'started' })
} catch (error) {
  post({ kind: 'refused', error: error as Error })
}

/** Buffers arrive as plain bytes. */
function received(options: ConsensusOptions): ConsensusOptions {
  const { key, tls } = options
  const pem = tls && { ca: Buffer.from(tls.ca), cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) }
  return { ...options, key: Buffer.from(key), tls: pem }
}
