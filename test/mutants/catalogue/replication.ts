/** Bugs of the log's way to a majority: acknowledging, committing, conflicts, flow (paper §5.3, §5.4.2, §7; thesis §10.2). */
import type { Killer, Mutant } from '../mutant.ts'

const replication = (title: string): Killer => ({ file: 'test/cluster/raft/replication.test.ts', title })
const storage = (title: string): Killer => ({ file: 'test/cluster/raft/storage.test.ts', title })

export const REPLICATION: readonly Mutant[] = [
  {
    name: 'figure-8-commit',
    why: 'entries of earlier terms are committed by counting (§5.4.2, figure 8)',
    file: 'cluster/raft/log.ts',
    edits: [
      ['at.index <= log.committed || !matches(log, at))', 'at.index <= log.committed || at.index > lastIndex(log))'],
    ],
    killer: replication('a leader commits entries of earlier terms only through one of its own (§5.4.2, figure 8)'),
  },
  {
    name: 'commit-without-majority',
    why: 'off by one in counting: what half of the voters do not have is committed (§5.3)',
    file: 'cluster/raft/quorum.ts',
    edits: [
      [
        'indexes[voters.size - (Math.floor(voters.size / 2) + 1)]!',
        'indexes[voters.size - Math.floor(voters.size / 2)]!',
      ],
    ],
    killer: replication('without a majority nothing is committed (§5.3)'),
  },
  {
    name: 'ack-before-disk',
    why: 'a follower acknowledges entries that its disk does not have yet (NATS JetStream 2.12.1, Jepsen 2025)',
    file: 'cluster/raft/raft.ts',
    edits: [
      ['if (isPromise(sent.type)) {', "if (isPromise(sent.type) && (sent.to === r.id || sent.type !== 'app-resp')) {"],
    ],
    killer: storage('an acknowledgement waits for the entries it speaks of, an append does not'),
  },
  {
    name: 'own-ack-before-disk',
    why: 'a leader counts itself before its own disk has the entry; alone, it commits at once (etcd #14370)',
    file: 'cluster/raft/replication.ts',
    edits: [
      [
        "send(r, message('app-resp', r.id, { index: lastIndex(r.log) }))",
        'r.membership.progress.get(r.id)!.match = lastIndex(r.log)\n  commitByCount(r)',
      ],
    ],
    killer: storage('the only voter commits nothing before its own disk holds it'),
  },
  {
    name: 'entries-not-synced',
    why: 'new entries ask for no sync when term and vote stay the same (figure 2)',
    file: 'cluster/raft/ready.ts',
    edits: [['mustSync: entries.length > 0 || ', 'mustSync: ']],
    killer: storage('a vote in a term that is known already is synced too, and so are entries (figure 2)'),
  },
  {
    name: 'stale-append-done',
    why: 'a write that ends in a later term speaks for entries that took the place of its own (ABA; etcd async_storage_writes_append_aba_race)',
    file: 'cluster/raft/step.ts',
    edits: [
      [
        '      // Entries written in an earlier term may have been overwritten since; the snapshot was committed and stays.\n',
        '      if (m.index !== 0) confirmStored(r.log, { term: m.logTerm, index: m.index })\n',
      ],
    ],
    killer: storage('a write that ends late says nothing for entries that took the place of its own (ABA)'),
  },
  {
    name: 'append-done-of-another-entry',
    why: 'a write counts for whatever stands at its index now (the same race within one term)',
    file: 'cluster/raft/unstable.ts',
    edits: [
      [' || unstableTerm(u, index) !== term) return false', ' || unstableTerm(u, index) === 0 * term) return false'],
    ],
    killer: storage('nor does it within one term, when the leader of that term replaced what the write holds'),
  },
  {
    name: 'applied-before-disk',
    why: 'a committed entry is applied here while this disk does not have it (etcd 3.5 consistent index, #13766)',
    file: 'cluster/raft/ready.ts',
    edits: [['return !r.settings.asyncStorageWrites', 'return r.settings.asyncStorageWrites || true']],
    killer: storage('with asynchronous storage only what the disk holds is applied'),
  },
  {
    name: 'conflict-kept',
    why: 'entries that conflict are overwritten but what follows them stays (§5.3; qdrant #1329)',
    file: 'cluster/raft/unstable.ts',
    edits: [
      [
        '  if (first < u.offset + u.entries.length) u.entries.length = Math.max(0, first - u.offset)\n',
        '  if (first < u.offset + u.entries.length) u.entries.splice(Math.max(0, first - u.offset), entries.length)\n',
      ],
    ],
    killer: storage('what a new leader overwrites before it was written is cut, with all that followed it (§5.3)'),
  },
  {
    name: 'conflict-kept-in-memory',
    why: 'the same in the log that the core reads: old entries stand behind the new ones (§5.3)',
    file: 'cluster/raft/memory.ts',
    edits: [['    if (first.index <= this.lastIndex()) this.#entries.length = first.index - this.firstIndex()\n', '']],
    killer: storage('the log in memory appends, overwrites, compacts and starts over from a snapshot'),
  },
  {
    name: 'entries-shared-with-the-disk',
    why: 'what is being written is the live end of the log, and changes under the write (aliasing)',
    file: 'cluster/raft/unstable.ts',
    edits: [
      [
        'return u.entries.slice(u.inProgress - u.offset)',
        'return u.inProgress === u.offset ? u.entries : u.entries.slice(u.inProgress - u.offset)',
      ],
    ],
    killer: storage('what was handed out to be written stays as it was when the log goes on'),
  },
  {
    name: 'late-append-cuts',
    why: 'an append that was sent long ago cuts what came after it, acknowledged or not (§5.3: only a conflict cuts)',
    file: 'cluster/raft/log.ts',
    edits: [
      [
        'const conflict = entries.findIndex((entry) => !matches(log, entry))',
        'const conflict = entries.findIndex((entry) => !matches(log, entry) || entry.index > log.committed)',
      ],
    ],
    killer: replication('an append that came late cuts nothing that agrees with it (§5.3)'),
  },
  {
    name: 'no-consistency-check',
    why: 'an append is taken whatever stands before it: logs with different histories (§5.3, log matching)',
    file: 'cluster/raft/log.ts',
    edits: [['if (!matches(log, prev)) return false', 'if (prev.index > lastIndex(log)) return false']],
    killer: replication('an append after an entry of another term is rejected (§5.3)'),
  },
  {
    name: 'commit-beyond-append',
    why: 'a follower commits its own entries beyond those that the append showed to be right (figure 2)',
    file: 'cluster/raft/log.ts',
    edits: [
      [
        'commitTo(log, Math.min(leaderCommit, prev.index + entries.length))',
        'commitTo(log, Math.min(leaderCommit, lastIndex(log)))',
      ],
    ],
    killer: replication('an append that came late cuts nothing that agrees with it (§5.3)'),
  },
  {
    name: 'heartbeat-commits-anything',
    why: 'a heartbeat carries the commit index beyond what the follower is known to have (§5.3)',
    file: 'cluster/raft/replication.ts',
    edits: [['const commit = Math.min(pr.match, r.log.committed)', 'const commit = r.log.committed']],
    killer: replication('a heartbeat commits nothing that the follower is not known to hold (§5.3)'),
  },
  {
    name: 'commit-beyond-log-believed',
    why: 'a commit index beyond the last entry is taken: lost entries go unnoticed (§5.3)',
    file: 'cluster/raft/log.ts',
    edits: [['if (index > last) {', 'if (index > last + 1e15) {']],
    killer: replication('a commit index beyond our log means that the log lost entries, and stops us'),
  },
  {
    name: 'gap-accepted',
    why: 'entries with a hole between them reach the log (the peer’s numbers are believed)',
    file: 'cluster/raft/rawnode.ts',
    edits: [['if (entry.index !== index || entry.term', 'if (entry.index < index || entry.term']],
    killer: replication('entries with a gap, or out of order, are refused before they reach the log'),
  },
  {
    name: 'window-ignored',
    why: 'any number of appends in flight: a slow follower is buried (thesis §10.2.1)',
    file: 'cluster/raft/inflights.ts',
    edits: [['  if (inflights.sent.length >= inflights.maxMessages) return true\n', '']],
    killer: replication('no more appends are in flight than the window holds (thesis §10.2.1)'),
  },
  {
    name: 'bytes-in-flight-ignored',
    why: 'any number of bytes in flight (thesis §10.2.1)',
    file: 'cluster/raft/inflights.ts',
    edits: [['return inflights.maxBytes > 0 && inflights.bytes >= inflights.maxBytes', 'return false']],
    killer: replication('bytes in flight are limited too (thesis §10.2.1)'),
  },
  {
    name: 'uncommitted-without-bound',
    why: 'without a quorum the leader takes proposals until its memory is full (cockroach #27772)',
    file: 'cluster/raft/replication.ts',
    edits: [['size > r.settings.maxUncommittedSize) return false', 'size < 0) return false']],
    killer: replication('what is proposed and not committed is bounded, and the first always fits'),
  },
  {
    name: 'older-snapshot-taken',
    why: 'a snapshot that came late takes the state machine back (§7; RedisRaft #43)',
    file: 'cluster/raft/membership.ts',
    edits: [['  if (index <= r.log.committed) return false\n', '']],
    killer: replication('a snapshot from before the compacted log takes nothing back (§7)'),
  },
  {
    name: 'snapshot-failure-unheard',
    why: 'after a snapshot that failed its receiver gets nothing more (§7)',
    file: 'cluster/raft/leader.ts',
    edits: [
      ['  if (m.reject) pr.pendingSnapshot = 0\n  becomeProbe(pr)\n', '  if (m.reject) return\n  becomeProbe(pr)\n'],
    ],
    killer: replication('a snapshot that failed is followed by a probe, not by silence (§7)'),
  },
]
