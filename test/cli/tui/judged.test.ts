/** Each call of a list is asked about once, only so many at a time, and what cannot be had is no problem of a call. */
import test from 'ava'
import { SLOW_MS } from '../../../cli/trace/problems.ts'
import { judged, type Witness } from '../../../cli/tui/judged.ts'
import { call, NOON } from './made.ts'

const HOW = { now: NOON, slowMs: SLOW_MS, atOnce: 4 }
const rows = Array.from({ length: 30 }, (_, i) => call(`c${i}`))
const silent = (side: string, packets: number) => ({
  side,
  packets,
  bytes: 0,
  codec: 'PCMU',
  endpoint: '',
  errors: 0,
  heard: null,
})

test('each is asked about once, four at a time', async (t) => {
  const asked: string[] = []
  let [open, most] = [0, 0]
  const witness: Witness = {
    async call(id) {
      asked.push(id)
      most = Math.max(most, ++open)
      await new Promise(setImmediate)
      open--
      return call(id, id === 'c7' ? { streams: [silent('caller', 900), silent('called', 0)] } : {})
    },
    trace: async () => [],
  }
  t.deepEqual([...(await judged(rows, witness, HOW))], [['c7', ['one-way']]])
  t.deepEqual(asked.toSorted(), rows.map(({ id }) => id).toSorted())
  t.is(most, 4)
})

test('whoever cannot be asked makes no problem', async (t) => {
  const witness: Witness = {
    call: () => Promise.reject(new Error('gone')),
    trace: () => Promise.reject(new Error('gone')),
  }
  t.is((await judged(rows, witness, HOW)).size, 0)
  const ringing = [call('r', { state: 'ringing', answeredAt: 0, startedAt: NOON - 30_000 })]
  t.deepEqual([...(await judged(ringing, witness, HOW)).values()], [['ringing long']])
})
