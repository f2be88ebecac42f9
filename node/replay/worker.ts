/** A thread that decides pieces of the inputs by two plans; see replay.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { link } from '../routing/link.ts'
import { again, inputIn } from './again.ts'
import { type Given, newDone, note, type Piece } from './replay.ts'

if (parentPort === null) throw new Error('node/replay/worker.ts is only started as a thread')
const port = parentPort

const { before, after, known } = workerData as Given
const plans = [link(before.rows, before.version), link(after.rows, after.version)] as const

port.on('message', ({ first, inputs, tell }: Piece) => {
  const done = newDone(first, inputs.length)
  for (const [i, text] of inputs.entries()) {
    const input = inputIn(text)
    const told = input && again(input, ...plans, null, known)
    if (input === null) done.unread++
    else if (told === null) done.open.push(first + i)
    else if (told.difference === 'same') done.same++
    else note(done, first + i, told, tell)
  }
  // What is worked out when it is read does not go from thread to thread.
  port.postMessage(JSON.parse(JSON.stringify(done)))
})
