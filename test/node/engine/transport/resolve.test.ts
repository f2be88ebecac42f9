import test from 'ava'
import { nameResolver } from '../../../../node/engine/transport/resolve.ts'

test('names that nobody answers for hold two threads at most, and those who ask are told in time', async (t) => {
  const asked: string[] = []
  const resolve = nameResolver(20, (host) => {
    asked.push(host)
    return new Promise(() => {})
  })
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => resolve(`h${i}.example.com`)))
  t.true(answers.every((answer) => answer === null))
  t.deepEqual(asked, ['h0.example.com', 'h1.example.com'])
})

test('a name that waits is looked up when another was answered; one that is unknown has no address', async (t) => {
  const resolve = nameResolver(
    10_000,
    async (host) => {
      if (host === 'unknown.example.com') throw new Error('ENOTFOUND')
      return { address: `of ${host}` }
    },
    1,
  )
  const hosts = ['a.example.com', 'unknown.example.com', 'b.example.com']
  t.deepEqual(await Promise.all(hosts.map(resolve)), ['of a.example.com', null, 'of b.example.com'])
})
