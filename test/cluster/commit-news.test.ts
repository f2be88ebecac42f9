/** What may wait of what a leader says, and for how long. */
import test from 'ava'
import { CommitNews, NEWS_WAIT_MS } from '../../cluster/commit-news.ts'
import { message } from '../../cluster/raft/message.ts'
import type { Entry, Message } from '../../cluster/raft/types.ts'

const entry: Entry = { index: 8, term: 1, type: 'normal', data: new Uint8Array() }
const append = (to: number, commit: number, entries: readonly Entry[] = []): Message =>
  message('app', to, { from: 1, term: 1, index: 7, commit, entries })

test('what only tells a commit waits for its time, and the newest of it leaves', (t) => {
  const news = new CommitNews()
  t.false(news.leaves(append(2, 5), 100))
  t.false(news.leaves(append(2, 6), 100 + NEWS_WAIT_MS / 2))
  t.false(news.leaves(append(3, 6), 100 + NEWS_WAIT_MS / 2))
  t.deepEqual(news.take(100), [])
  t.deepEqual(news.take(100 + NEWS_WAIT_MS), [append(2, 6)], 'the time runs from the first')
  t.deepEqual(news.take(100 + 2 * NEWS_WAIT_MS), [append(3, 6)])
  t.true(news.isEmpty)
})

test('the next entries for the same follower take its place', (t) => {
  const news = new CommitNews()
  t.false(news.leaves(append(2, 5), 100))
  t.false(news.leaves(append(3, 5), 100))
  t.true(news.leaves(append(2, 5, [entry]), 100))
  t.deepEqual(news.take(200), [append(3, 5)])
})

test('who proposed what it tells of hears it at once, and of what comes later in its time', (t) => {
  const news = new CommitNews()
  news.proposed([2], 8)
  t.true(news.leaves(append(2, 7), 100), 'part of it')
  t.true(news.leaves(append(2, 8), 100), 'the rest')
  t.false(news.leaves(append(2, 9), 100), 'of others')
  t.false(news.leaves(append(3, 8), 100), 'another follower')
})

test('an append that tells nothing new asks for an answer, and leaves at once; so does all that is no append', (t) => {
  const news = new CommitNews()
  t.true(news.leaves(append(2, 0), 100))
  t.false(news.leaves(append(2, 5), 100))
  t.deepEqual(news.take(200), [append(2, 5)])
  t.true(news.leaves(append(2, 5), 300))
  t.true(news.leaves(message('heartbeat', 2, { from: 1, term: 1, commit: 9 }), 300))
})

test('a term that is over leaves nothing', (t) => {
  const news = new CommitNews()
  news.proposed([3], 9)
  t.false(news.leaves(append(2, 5), 100))
  news.clear()
  t.deepEqual(news.take(200), [])
  t.false(news.leaves(append(3, 5), 300), 'and nobody has proposed')
})
