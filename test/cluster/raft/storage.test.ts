import test from 'ava'
import { confOf, MemoryStorage } from '../../../cluster/raft/memory.ts'
import { entriesSize, entrySize } from '../../../cluster/raft/size.ts'
import { LOCAL_APPEND, LOCAL_APPLY, type Message } from '../../../cluster/raft/types.ts'
import { bytes, elect, entriesOf, from, replica, settle, storedTerms } from './fixtures.ts'

const ASYNC = { config: { asyncStorageWrites: true } }

function storageMessage(messages: readonly Message[], to: number): Message {
  const found = messages.find((m) => m.to === to)
  if (found === undefined) throw new Error('there is no such storage message')
  return found
}

test('a vote leaves with the hard state that holds it, never before (§5.1, figure 2)', (t) => {
  const one = replica(1)
  one.raw.step(from(2, 'vote', { term: 1 }))
  const rd = one.raw.ready()
  t.deepEqual(rd.hardState, { term: 1, vote: 2, commit: 0 })
  t.true(rd.mustSync)
  t.deepEqual(
    rd.messages.map(({ type, to }) => [type, to]),
    [['vote-resp', 2]],
  )
})

test('a vote in a term that is known already is synced too, and so are entries (figure 2)', (t) => {
  const one = replica(1, { log: [1], hardState: { term: 1 } })
  one.raw.step(from(2, 'vote', { term: 1, logTerm: 1, index: 1 }))
  const vote = one.raw.ready()
  t.deepEqual(vote.hardState, { term: 1, vote: 2, commit: 0 })
  t.true(vote.mustSync)
  one.raw.advance()
  one.raw.step(from(2, 'app', { term: 1, logTerm: 1, index: 1, entries: entriesOf(2, [1]) }))
  const append = one.raw.ready()
  t.true(append.mustSync)
  one.storage.append(append.entries)
  one.raw.advance()
  one.raw.step(from(2, 'heartbeat', { term: 1, commit: 2 }))
  t.false(one.raw.ready().mustSync, 'a commit index alone is no promise')
})

test('with asynchronous storage a vote is a response to the write that holds it', (t) => {
  const one = replica(1, ASYNC)
  one.raw.step(from(2, 'vote', { term: 1 }))
  const { messages } = one.raw.ready()
  t.deepEqual(
    messages.map(({ to }) => to),
    [LOCAL_APPEND],
  )
  const write = storageMessage(messages, LOCAL_APPEND)
  t.deepEqual([write.term, write.vote], [1, 2])
  t.deepEqual(
    write.responses?.map(({ type, to }) => [type, to]),
    [['vote-resp', 2]],
  )
})

test('an acknowledgement waits for the entries it speaks of, an append does not', (t) => {
  const follower = replica(1, ASYNC)
  follower.raw.step(from(2, 'app', { term: 1, entries: entriesOf(1, [1]) }))
  const rd = follower.raw.ready()
  const responses = storageMessage(rd.messages, LOCAL_APPEND).responses ?? []
  t.deepEqual(
    responses.map(({ type, to }) => [type, to]),
    [
      ['app-resp', 2],
      ['storage-append-resp', 1],
    ],
  )
})

test('a candidate does not count its own vote before it is durable', (t) => {
  const one = replica(1, { ...ASYNC, voters: [1] })
  one.raw.campaign()
  const write = storageMessage(one.raw.ready().messages, LOCAL_APPEND)
  t.is(one.raw.raft.role, 'candidate')
  for (const response of write.responses ?? []) one.raw.step(response)
  t.is(one.raw.raft.role, 'leader')
})

test('the only voter commits nothing before its own disk holds it', (t) => {
  const one = replica(1, { ...ASYNC, voters: [1] })
  one.raw.campaign()
  const vote = storageMessage(one.raw.ready().messages, LOCAL_APPEND)
  for (const response of vote.responses ?? []) one.raw.step(response)
  one.raw.propose(bytes('a'))
  const write = storageMessage(one.raw.ready().messages, LOCAL_APPEND)
  t.is(one.raw.raft.log.committed, 0)
  one.storage.append(write.entries)
  for (const response of write.responses ?? []) one.raw.step(response)
  t.is(one.raw.raft.log.committed, 2)
  const apply = storageMessage(one.raw.ready().messages, LOCAL_APPLY)
  t.deepEqual(
    apply.entries.map(({ index }) => index),
    [1, 2],
  )
  t.is(one.raw.raft.log.applied, 0)
  for (const response of apply.responses ?? []) one.raw.step(response)
  t.is(one.raw.raft.log.applied, 2)
})

test('the same with synchronous storage: the only voter commits when it advances', (t) => {
  const one = replica(1, { voters: [1] })
  elect(one)
  one.raw.propose(bytes('a'))
  const before = one.raw.raft.log.committed
  const rd = one.raw.ready()
  t.is(one.raw.raft.log.committed, before)
  one.storage.append(rd.entries)
  one.raw.advance()
  t.is(one.raw.raft.log.committed, before + 1)
})

test('a write that ends late says nothing for entries that took the place of its own (ABA)', (t) => {
  const one = replica(1, ASYNC)
  const append = (leader: number, term: number, terms: readonly number[]): Message => {
    one.raw.step(from(leader, 'app', { term, entries: entriesOf(1, terms) }))
    return storageMessage(one.raw.ready().messages, LOCAL_APPEND)
  }
  const first = append(2, 1, [1, 1])
  append(3, 2, [2])
  const third = append(2, 3, [1, 1, 3])
  // Entries 1 and 2 are those of the first write again, but the disk holds, or will hold, what came between.
  for (const response of first.responses ?? []) if (response.to === 1) one.raw.step(response)
  t.is(one.raw.raft.log.unstable.entries.length, 3)
  one.storage.append(third.entries)
  for (const response of third.responses ?? []) if (response.to === 1) one.raw.step(response)
  t.is(one.raw.raft.log.unstable.entries.length, 0)
})

test('nor does it within one term, when the leader of that term replaced what the write holds', (t) => {
  const one = replica(1, ASYNC)
  const append = (term: number, terms: readonly number[]): void => {
    one.raw.step(from(2, 'app', { term, entries: entriesOf(1, terms) }))
  }
  append(1, [1, 1])
  one.raw.step(from(3, 'heartbeat', { term: 2 }))
  const first = storageMessage(one.raw.ready().messages, LOCAL_APPEND)
  append(2, [2, 2])
  for (const response of first.responses ?? []) if (response.to === 1) one.raw.step(response)
  t.is(one.raw.raft.log.unstable.entries.length, 2)
})

test('what a new leader overwrites before it was written is cut, with all that followed it (§5.3)', (t) => {
  const one = replica(1, ASYNC)
  one.raw.step(from(2, 'app', { term: 1, entries: entriesOf(1, [1, 1, 1, 1]) }))
  one.raw.ready()
  one.raw.step(from(3, 'app', { term: 2, index: 1, logTerm: 1, entries: entriesOf(2, [2]) }))
  t.deepEqual(
    one.raw.raft.log.unstable.entries.map(({ index, term }) => [index, term]),
    [
      [1, 1],
      [2, 2],
    ],
  )
})

test('a write that ends late still confirms what it shares with the log of the same term', (t) => {
  const one = replica(1, ASYNC)
  const append = (index: number, terms: readonly number[]): Message => {
    const logTerm = index === 0 ? 0 : 1
    one.raw.step(from(2, 'app', { term: 1, index, logTerm, entries: entriesOf(index + 1, terms) }))
    return storageMessage(one.raw.ready().messages, LOCAL_APPEND)
  }
  const first = append(0, [1, 1])
  append(2, [1])
  one.storage.append(first.entries)
  for (const response of first.responses ?? []) if (response.to === 1) one.raw.step(response)
  t.deepEqual(
    one.raw.raft.log.unstable.entries.map(({ index }) => index),
    [3],
  )
})

test('a storage that confirms what it has not written is found out at once, not when a follower needs the entry', (t) => {
  const one = replica(1, ASYNC)
  one.raw.step(from(2, 'app', { term: 1, entries: entriesOf(1, [1, 1]) }))
  const write = storageMessage(one.raw.ready().messages, LOCAL_APPEND)
  one.storage.append(write.entries.slice(0, 1))
  const response = write.responses?.find(({ to }) => to === 1)
  t.throws(() => one.raw.step(response!), {
    message: 'storage confirmed entry 2 of term 1, but its last is 1 and the term at 2 is unavailable',
  })
})

test('what was handed out to be written stays as it was when the log goes on', (t) => {
  const one = replica(1, ASYNC)
  one.raw.step(from(2, 'app', { term: 1, entries: entriesOf(1, [1, 1, 1]) }))
  const write = storageMessage(one.raw.ready().messages, LOCAL_APPEND)
  one.raw.step(from(3, 'app', { term: 2, index: 1, logTerm: 1, entries: entriesOf(2, [2]) }))
  t.deepEqual(
    write.entries.map(({ term }) => term),
    [1, 1, 1],
  )
})

test('entries that were handed out are not handed out again', (t) => {
  const one = replica(1, ASYNC)
  one.raw.step(from(2, 'app', { term: 1, entries: entriesOf(1, [1]) }))
  one.raw.ready()
  t.false(one.raw.hasReady())
  one.raw.step(from(2, 'app', { term: 1, index: 1, logTerm: 1, entries: entriesOf(2, [1]) }))
  t.deepEqual(
    one.raw.ready().entries.map(({ index }) => index),
    [2],
  )
})

test('with asynchronous storage only what the disk holds is applied', (t) => {
  const one = replica(1, ASYNC)
  one.raw.step(from(2, 'app', { term: 1, entries: entriesOf(1, [1, 1]), commit: 2 }))
  const rd = one.raw.ready()
  t.deepEqual(rd.committedEntries, [])
  const write = storageMessage(rd.messages, LOCAL_APPEND)
  one.storage.append(write.entries)
  for (const response of write.responses ?? []) if (response.to === 1) one.raw.step(response)
  t.is(one.raw.ready().committedEntries.length, 2)
})

test('a change of membership handed out before a snapshot came does not undo the snapshot', (t) => {
  const one = replica(1)
  const snapshot = { meta: { index: 9, term: 2, conf: confOf([1, 2, 3, 4]) }, data: bytes('state') }
  one.raw.step(from(2, 'snap', { term: 2, snapshot }))
  const conf = one.raw.applyConfChange({ transition: 'auto', changes: [{ type: 'remove', id: 4 }] })
  t.deepEqual(conf.voters, [1, 2, 3, 4])
})

test('a restart keeps term, vote and log (figure 2)', (t) => {
  const one = replica(1)
  one.raw.step(from(2, 'vote', { term: 4 }))
  one.raw.step(from(2, 'app', { term: 4, entries: entriesOf(1, [4, 4]), commit: 1 }))
  settle(one)
  const { hardState } = one.storage.initialState()
  t.deepEqual(storedTerms(one), [4, 4])
  const again = replica(1, { log: [4, 4], hardState: { ...hardState, vote: 2, term: 4, commit: 1 } })
  again.raw.step(from(3, 'vote', { term: 4, logTerm: 4, index: 9 }))
  const done = settle(again)
  t.is(done.messages[0]?.reject, true)
  t.is(done.applied.length, 1)
})

test('a log that lost committed entries is refused at the start', (t) => {
  t.throws(() => replica(1, { log: [1], hardState: { commit: 7 } }), { message: /entries of the log were lost/ })
})

test('ready() is not to be called twice without advance()', (t) => {
  const one = replica(1, { voters: [1] })
  one.raw.campaign()
  one.raw.ready()
  t.throws(() => one.raw.ready(), { message: /without advance/ })
})

test('the log in memory appends, overwrites, compacts and starts over from a snapshot', (t) => {
  const storage = new MemoryStorage()
  storage.append(entriesOf(1, [1, 1, 1, 1]))
  storage.append(entriesOf(3, [2]))
  t.is(storage.lastIndex(), 3)
  t.is(storage.term(3), 2)
  t.is(storage.term(4), 'unavailable')
  storage.createSnapshot(2, confOf([1]), bytes('two'))
  t.is(storage.compact(2), 'ok')
  t.is(storage.compact(2), 'compacted')
  t.is(storage.firstIndex(), 3)
  t.is(storage.term(2), 1)
  t.is(storage.term(1), 'compacted')
  t.is(storage.entries(2, 4, 100), 'compacted')
  t.is(storage.entries(3, 5, 100), 'unavailable')
  t.throws(() => storage.append(entriesOf(5, [2])), { message: /gap after 3/ })
  storage.append(entriesOf(1, [9, 9, 2, 2]))
  t.is(storage.lastIndex(), 4, 'what is compacted already is skipped')
  const snapshot = { meta: { index: 8, term: 5, conf: confOf([1, 2]) }, data: bytes('eight') }
  t.is(storage.applySnapshot(snapshot), 'ok')
  t.is(storage.applySnapshot(snapshot), 'out-of-date')
  t.deepEqual([storage.firstIndex(), storage.lastIndex(), storage.term(8)], [9, 8, 5])
})

test('a read of the log is limited in bytes but never empty', (t) => {
  const storage = new MemoryStorage()
  const log = entriesOf(1, [1, 1, 1])
  storage.append(log)
  const two = entriesSize(log.slice(0, 2))
  const counts = [0, two - 1, two, 1000].map((max) => {
    const entries = storage.entries(1, 4, max)
    return typeof entries === 'string' ? entries : entries.length
  })
  t.deepEqual(counts, [1, 1, 2, 3])
})

test('an entry counts as many bytes as in the protocol buffers of the reference', (t) => {
  const size = (term: number, index: number, length: number): number =>
    entrySize({ term, index, type: 'normal', data: new Uint8Array(length) })
  t.deepEqual([size(1, 1, 0), size(1, 128, 0), size(2 ** 14, 127, 1), size(1, 1, 200)], [6, 7, 11, 209])
})
