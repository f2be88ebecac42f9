import test from 'ava'
import { needing } from '../peers.ts'
import { raftel } from './lab.ts'

needing(test, 'rtpengine')('the demo ends by itself, and every call of it was answered and heard', async (t) => {
  t.timeout(120_000)
  const { code, stdout, stderr } = await raftel(['demo', '--for', '6'])
  t.is(code, 0, stdout + stderr)
  const { calls, ...said } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, number>
  t.true(Number(calls) >= 3)
  t.deepEqual(said as object, { nodes: 3, answered: calls, heard: calls, media: 'rtpengine' })
})
