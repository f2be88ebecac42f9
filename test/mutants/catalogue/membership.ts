/** Bugs of changes of membership and of reads without a log entry (thesis §4, §6.4). */
import type { Killer, Mutant } from '../mutant.ts'

const membership = (title: string): Killer => ({ file: 'test/cluster/raft/membership.test.ts', title })
const readindex = (title: string): Killer => ({ file: 'test/cluster/raft/readindex.test.ts', title })

export const MEMBERSHIP: readonly Mutant[] = [
  {
    name: 'change-before-own-commit',
    why: 'a new leader changes members before it has applied what earlier terms left: two majorities that do not overlap (Ongaro, raft-dev 2015)',
    file: 'cluster/raft/raft.ts',
    edits: [['  r.pendingConfIndex = lastIndex(r.log)\n', '']],
    killer: membership(
      'a new leader changes no membership before it has applied what earlier terms left (thesis §4.1)',
    ),
  },
  {
    name: 'two-changes-at-once',
    why: 'a second change of membership while the first is under way (thesis §4.1)',
    file: 'cluster/raft/leader.ts',
    edits: [['const pending = r.pendingConfIndex > r.log.applied', 'const pending = false']],
    killer: membership('a second change waits for the first: it becomes an entry that does nothing (thesis §4.1)'),
  },
  {
    name: 'change-at-append',
    why: 'a change of membership counts as soon as the leader has appended it, which is not the rule here (etcd: at apply; hashicorp: at append; never both)',
    file: 'cluster/raft/leader.ts',
    edits: [
      [
        "import { message } from './message.ts'\n",
        "import { applyConfChange } from './membership.ts'\nimport { message } from './message.ts'\n",
      ],
      [
        "  if (!appendOwn(r, checked)) return 'dropped'\n",
        "  if (!appendOwn(r, checked)) return 'dropped'\n  for (const { type, data } of checked) if (type !== 'normal') applyConfChange(r, decodeConfChange(data) as never)\n",
      ],
    ],
    killer: membership('a change of membership counts when it is applied, not when it is appended'),
  },
  {
    name: 'joint-commit-by-new-half',
    why: 'while joint, the new majority alone commits (thesis §4.3)',
    file: 'cluster/raft/quorum.ts',
    edits: [
      [
        'return Math.min(majorityCommitted(conf.voters, acked), majorityCommitted(conf.votersOutgoing, acked))',
        'return majorityCommitted(conf.voters, acked)',
      ],
    ],
    killer: membership('while joint, both majorities must agree (thesis §4.3)'),
  },
  {
    name: 'joint-election-by-new-half',
    why: 'while joint, the new majority alone elects: the old one elects another (thesis §4.3)',
    file: 'cluster/raft/quorum.ts',
    edits: [['const outgoing = majorityVote(conf.votersOutgoing, votes)', 'const outgoing = incoming']],
    killer: membership('while joint, an election needs both majorities (thesis §4.3)'),
  },
  {
    name: 'learner-still-votes',
    why: 'who was made a learner stays a voter: it counts in every majority (thesis §4.2.1)',
    file: 'cluster/raft/confchange.ts',
    edits: [['  remove(draft, id)\n  draft.progress.set(id, pr)\n', '']],
    killer: membership('a learner gets everything and counts for nothing (thesis §4.2.1)'),
  },
  {
    name: 'learner-stands',
    why: 'a learner stands for election (hashicorp/raft #483)',
    file: 'cluster/raft/raft.ts',
    edits: [['own !== undefined && !own.learner && r.log', 'own !== undefined && r.log']],
    killer: membership('a learner never stands, not even when it is told to (thesis §4.2.1)'),
  },
  {
    name: 'refused-change-leaves-trace',
    why: 'a change that the configuration does not allow is made all the same: nobody is left to vote (cockroach #105797)',
    file: 'cluster/raft/confchange.ts',
    edits: [["  if (draft.voters.size === 0) return refused('no-voters-left')\n  const before", '  const before']],
    killer: membership('a change that the configuration does not allow changes nothing, on every replica alike'),
  },
  {
    name: 'refused-change-on-the-original',
    why: 'a change that is refused halfway has edited what the replica counts with (aliasing, as Coaty’s withProgress)',
    file: 'cluster/raft/confchange.ts',
    edits: [['[id, { ...pr }]', '[id, pr]']],
    killer: membership('a change that the configuration does not allow changes nothing, on every replica alike'),
  },
  {
    name: 'removed-leader-stays',
    why: 'a leader that was removed goes on leading (thesis §4.2.2)',
    file: 'cluster/raft/membership.ts',
    edits: [['    if (r.settings.stepDownOnRemoval) becomeFollower(r, r.term, NONE)\n', '']],
    killer: membership('a leader that is removed steps down when that is committed (thesis §4.2.2)'),
  },
  {
    name: 'joint-for-ever',
    why: 'a joint configuration that is to be left by itself is not left (thesis §4.3)',
    file: 'cluster/raft/membership.ts',
    edits: [["  propose(r, [{ type: 'conf-change-v2', data: new Uint8Array() }])\n", '']],
    killer: membership('a joint configuration that is to be left by itself is left (thesis §4.3)'),
  },
  {
    name: 'stands-with-changes-unapplied',
    why: 'a node that does not know the newest members gathers a majority of old ones (thesis §4.1)',
    file: 'cluster/raft/election.ts',
    edits: [['  if (hasUnappliedConfChange(r)) return\n', '  if (hasUnappliedConfChange(r) && r.term === 0) return\n']],
    killer: {
      file: 'test/cluster/raft/election.test.ts',
      title: 'nobody stands before it has applied the changes of membership it knows as committed',
    },
  },
  {
    name: 'conf-change-over-snapshot',
    why: 'a change that a snapshot covers is made again on top of it: a member that was taken back is gone (etcd #18055)',
    file: 'cluster/raft/membership.ts',
    edits: [['  if (log.unstable.snapshot !== undefined) return confStateNow(r)\n', '']],
    killer: {
      file: 'test/cluster/raft/storage.test.ts',
      title: 'a change of membership handed out before a snapshot came does not undo the snapshot',
    },
  },
  {
    name: 'read-before-own-commit',
    why: 'a new leader answers reads before it knows what is committed (etcd-io/raft 3189a66; thesis §6.4 step 1)',
    file: 'cluster/raft/readindex.ts',
    edits: [
      ['return termAt(r.log, r.log.committed) === r.term', 'return termAt(r.log, r.log.committed) !== undefined'],
    ],
    killer: readindex('a new leader answers no read before it has committed in its own term (thesis §6.4)'),
  },
  {
    name: 'read-confirmed-by-old-heartbeat',
    why: 'an answer to an older heartbeat confirms a younger read (etcd-io/raft 63903dd)',
    file: 'cluster/raft/reads.ts',
    edits: [
      [
        'reads.acks.set(from, Math.max(reads.acks.get(from) ?? 0, position))',
        'reads.acks.set(from, Math.max(position, reads.confirmed + reads.waiting.length))',
      ],
    ],
    killer: readindex('an answer to an older heartbeat never confirms a younger read, even of the same context'),
  },
  {
    name: 'read-without-round',
    why: 'a leader answers reads without asking whether it still leads (etcd 0.4.1; Jepsen)',
    file: 'cluster/raft/readindex.ts',
    edits: [
      [
        '  r.reads.waiting.push({ request, index: r.log.committed })\n',
        '  answer(r, { request, index: r.log.committed })\n',
      ],
    ],
    killer: readindex('a leader that was deposed without knowing it answers no read (thesis §6.4)'),
  },
  {
    name: 'reads-without-bound',
    why: 'a leader that reaches no majority collects reads until its memory is full',
    file: 'cluster/raft/reads.ts',
    edits: [
      ['return reads.postponed.length + reads.waiting.length >= MAX_READS', 'return reads.waiting.length >= MAX_READS'],
    ],
    killer: readindex('a leader without a majority collects only so many reads'),
  },
  {
    name: 'reads-survive-their-term',
    why: 'reads of an earlier term of office are answered by a later one (thesis §6.4)',
    file: 'cluster/raft/raft.ts',
    edits: [['  r.uncommittedSize = 0\n  r.reads = newReads()\n', '  r.uncommittedSize = 0\n']],
    killer: readindex('a leader that steps down forgets the reads that wait'),
  },
  {
    name: 'old-half-forgotten',
    why: 'whoever stays alone in the new half of a joint configuration takes itself for the only voter and stands at every tick',
    file: 'cluster/raft/confchange.ts',
    edits: [
      ['voters.size === 1 && voters.has(id) && votersOutgoing.size === 0', 'voters.size === 1 && voters.has(id)'],
    ],
    killer: membership(
      'the only voter is one that no other has a vote beside, in either half of a joint configuration',
    ),
  },
]
