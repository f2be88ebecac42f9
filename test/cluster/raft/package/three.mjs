// A small shell after the contract in the package's README: three replicas in one process elect a leader by their ticks and
// agree on one proposal. No snapshot is ever made and no member changes, so it knows neither. It is copied to where the
// package is installed, and runs there.
import { confOf, MemoryStorage, RawNode } from 'raft-ts-lite'

const ids = [1, 2, 3]
const replicas = new Map(ids.map((id) => [id, replica(id)]))

let leader
for (let ticks = 0; leader === undefined && ticks < 100; ticks++) {
  for (const { raw } of replicas.values()) raw.tick()
  settle()
  leader = [...replicas.values()].find(({ raw }) => raw.status().softState.state === 'leader')
}
const proposed = leader?.raw.propose(new TextEncoder().encode('hello'))
settle()
// What is committed reaches the followers with the next heartbeat, if not before.
leader?.raw.tick()
settle()

const applied = Object.fromEntries([...replicas].map(([id, one]) => [id, one.applied]))
const follows = [...replicas.values()].map(({ raw }) => raw.status().softState.lead)
const from = import.meta.resolve('raft-ts-lite')
console.log(JSON.stringify({ leader: leader?.raw.status().id, follows, proposed, applied, from }))

function replica(id) {
  const storage = new MemoryStorage()
  storage.applySnapshot({ meta: { index: 0, term: 0, conf: confOf(ids) }, data: new Uint8Array() })
  const raw = new RawNode({
    id,
    storage,
    electionTick: 10,
    heartbeatTick: 1,
    maxSizePerMsg: 1 << 20,
    maxInflightMsgs: 64,
    preVote: true,
    checkQuorum: true,
    // The second one's patience ends first.
    random: () => (id === 2 ? 0 : 0.5),
  })
  return { raw, storage, applied: [] }
}

/** Until nobody has anything to do: write, send, apply, advance. */
function settle() {
  while ([...replicas.values()].some(({ raw }) => raw.hasReady())) {
    for (const one of replicas.values()) {
      if (one.raw.hasReady()) perform(one)
    }
  }
}

function perform({ raw, storage, applied }) {
  const ready = raw.ready()
  if (ready.hardState !== undefined) storage.setHardState(ready.hardState)
  storage.append(ready.entries)
  for (const m of ready.messages) replicas.get(m.to)?.raw.step(m)
  for (const { type, data } of ready.committedEntries) {
    if (type === 'normal' && data.length > 0) applied.push(new TextDecoder().decode(data))
  }
  raw.advance()
}
