/** Bugs around the core: clocks, rebuilt directories, hellos, streams, snapshots on their way (cluster/*.ts). */
import type { Killer, Mutant } from '../mutant.ts'

const wire = (title: string): Killer => ({ file: 'test/cluster/wire.test.ts', title })
const rebuild = (title: string): Killer => ({ file: 'test/cluster/rebuild.test.ts', title })
const transfer = (title: string): Killer => ({ file: 'test/cluster/transfer.test.ts', title })

const snapshots = (title: string): Killer => ({ file: 'test/cluster/snapshots.test.ts', title })
const lost = (title: string): Killer => ({ file: 'test/cluster/lost-leader.test.ts', title })
const saved = (title: string): Killer => ({ file: 'test/cluster/saved.test.ts', title })
const handover = (title: string): Killer => ({ file: 'test/cluster/handover.test.ts', title })

const news = (title: string): Killer => ({ file: 'test/cluster/commit-news.test.ts', title })

const HELLO = 'a hello of another cluster, another version, another name or a stranger is refused with what to do'

export const SHELL: readonly Mutant[] = [
  {
    name: 'question-held',
    why: 'an append that asks a follower where it stands is taken for news that may wait, and one that replaces another waits anew: it never leaves',
    file: 'cluster/commit-news.ts',
    edits: [
      ['entries.length === 0 && commit > told && ', 'entries.length === 0 && '],
      ['since: this.#held.get(to)?.since ?? at', 'since: at'],
    ],
    killer: news('what only tells a commit waits for its time, and the newest of it leaves'),
  },
  {
    name: 'members-forgotten-in-snapshot',
    why: 'a snapshot names the founders whoever the members are by then: who starts from it counts other majorities',
    file: 'cluster/snapshots.ts',
    edits: [['conf: conf ?? this.#founders', 'conf: this.#founders ?? conf']],
    killer: snapshots(
      'a snapshot names the members as the tables had them at its entry; before there were founders, those of the log',
    ),
  },
  {
    name: 'old-snapshot-for-who-joins',
    why: 'whoever joins is sent, again and again, a snapshot of a time without it, which it must refuse',
    file: 'cluster/snapshots.ts',
    edits: [['.some((ids) => ids.includes(message.to))) {', '.some(() => true)) {']],
    killer: {
      file: 'test/cluster/membership.test.ts',
      title: 'whoever joins gets a snapshot that has it among the members, though the one there is was older',
    },
  },
  {
    name: 'wall-clock-is-cluster-time',
    why: 'a new leader takes the wall clock for cluster time: one that jumped ahead expires everybody (consensus without leases by time)',
    file: 'cluster/clock.ts',
    edits: [['time: this.#last > 0 ? this.#last : wall', 'time: Math.max(this.#last, wall)']],
    killer: wire('a wall clock that jumped ahead expires nothing, whoever leads'),
  },
  {
    name: 'outage-counts',
    why: 'the time without a leader counts: after an outage everything expires at once (etcd extends leases for this)',
    file: 'cluster/clock.ts',
    edits: [
      ['this.#last > 0 ? this.#last : wall, at }', 'this.#last > 0 ? this.#last + at - this.#seenAt : wall, at }'],
    ],
    killer: wire('cluster time never goes back, and does not count the time without a leader'),
  },
  {
    name: 'stamps-go-back',
    why: 'a leader stamps an earlier time than one that is in the log already',
    file: 'cluster/clock.ts',
    edits: [
      [
        'return Math.max(this.#last, Math.floor(this.#base.time + (at - this.#base.at)))',
        'return Math.floor(this.#base.time + (at - this.#base.at))',
      ],
    ],
    killer: wire('cluster time never goes back, and does not count the time without a leader'),
  },
  {
    name: 'repaired-founds-a-cluster',
    why: 'nodes whose damaged directories were set aside take themselves for a new cluster: two of three forget everything (NATS JetStream 2.12.1)',
    file: 'cluster/rebuild.ts',
    edits: [['|| this.#repairing || !untouched', '|| !untouched']],
    killer: rebuild('a node under repair never takes itself for one of a new cluster, nor do the others'),
  },
  {
    name: 'repaired-by-snapshot-never-told',
    why: 'a node whose repair came in a snapshot that had all waits for its vote until something new is agreed on',
    file: 'cluster/tellings.ts',
    edits: [['      sendAppend(raft, id)\n', '']],
    killer: {
      file: 'test/cluster/tellings.test.ts',
      title:
        'whoever has got all in a snapshot is told of the commit, though nothing new is agreed on, until it waits no longer',
    },
  },
  {
    name: 'unapplied-stamps-ignored',
    why: 'a leader that has applied nothing yet does not look at the stamps in its log: cluster time jumps to the wall clock (found by the simulation)',
    file: 'cluster/leading.ts',
    edits: [['    this.see(unseen)\n', '']],
    killer: {
      file: 'test/cluster/leading.test.ts',
      title:
        'a leader that has applied nothing yet goes on from the stamps in its log, whatever the clock on its wall says',
    },
  },
  {
    name: 'loss-told-again',
    why: 'a follower whose connection to a living leader broke once forgets it again and again (etcd forget-leader)',
    file: 'cluster/lost-leader.ts',
    edits: [['    this.#inReach = NONE\n', '']],
    killer: lost('a leader that was in reach and is so no more is lost once; one that never was is not'),
  },
  {
    name: 'stands-against-a-leader',
    why: 'a follower stands although it heard of a leader meanwhile: elections that nobody needs (thesis §4.2.3)',
    file: 'cluster/lost-leader.ts',
    edits: [['return this.#ticks === 0 && lead === NONE', 'return this.#ticks === 0']],
    killer: lost('a follower stands some ticks after the loss, not twice, and not when it has heard of a leader'),
  },
  {
    name: 'other-group-taken',
    why: 'frames of another group are taken for ours: two logs become one (multi-raft routing)',
    file: 'cluster/peers.ts',
    edits: [['if (frame.group !== GROUP) {', 'if (frame.group > 99) {']],
    killer: {
      file: 'test/cluster/peers.test.ts',
      title: 'a peer speaks for itself, to us and in our group, or not at all',
    },
  },
  {
    name: 'wiped-node-votes-at-once',
    why: 'a node whose log is gone votes as if it had promised nothing (RethinkDB 2.2.3, #5289; canonical: wiped disks)',
    file: 'cluster/joining.ts',
    edits: [
      [
        'this.#rebuild = log.joined ? null : new Rebuild(',
        'this.#rebuild = log.joined || founders.length > 0 ? null : new Rebuild(',
      ],
    ],
    killer: {
      file: 'test/cluster/replica.test.ts',
      title: 'a node whose log was moved away is rebuilt from its peers, and votes only when it has everything',
    },
  },
  {
    name: 'rebuilt-by-any-commit',
    why: 'a rebuilt node votes with a log complete up to a commit of an earlier term (as figure 8)',
    file: 'cluster/rebuild.ts',
    edits: [['storage.lastIndex() >= commit && storage.term(commit) === term', 'storage.lastIndex() >= commit']],
    killer: rebuild('whoever forgot votes again when its log is complete up to a commit of the leader’s own term'),
  },
  {
    name: 'majority-of-new-is-new',
    why: 'a majority of untouched nodes begins a cluster at once, though the third knows what was agreed',
    file: 'cluster/rebuild.ts',
    edits: [['(2 * known > this.#founders && this.#ticks >= DEAF_TICKS)', '2 * known > this.#founders']],
    killer: rebuild('a node that forgot does not vote with one that never ran, when the third knows what was agreed'),
  },
  {
    name: 'late-hello-forgives',
    why: 'a hello that was written before its node was touched makes it count as new',
    file: 'cluster/rebuild.ts',
    edits: [
      [
        'if (untouched) this.#untouched.add(from)\n    else this.#someoneTouched = true',
        'if (untouched) this.#untouched.add(from)\n    this.#someoneTouched = !untouched',
      ],
    ],
    killer: rebuild('a hello that was written before its node was touched, and comes after, does not count'),
  },
  {
    name: 'ballots-reach-who-forgot',
    why: 'a node that forgot its votes is told to stand, and does',
    file: 'cluster/rebuild.ts',
    edits: [
      ["new Set<MessageType>(['vote', 'pre-vote', 'timeout-now'])", "new Set<MessageType>(['vote', 'pre-vote'])"],
    ],
    killer: rebuild('who may not vote yet hears of no ballot, and of no commit beyond its log'),
  },
  {
    name: 'commit-told-to-who-forgot',
    why: 'a leader that counts on a lost directory makes the new one commit what it does not have',
    file: 'cluster/rebuild.ts',
    edits: [['commit: Math.min(message.commit, lastIndex)', 'commit: Math.max(message.commit, lastIndex)']],
    killer: rebuild('who may not vote yet hears of no ballot, and of no commit beyond its log'),
  },
  {
    name: 'wiped-follower-still-counted',
    why: 'a leader counts on entries that a follower lost with its directory, and never sends them again',
    file: 'cluster/rebuild.ts',
    edits: [['  progress.match = 0\n', '']],
    killer: rebuild('a leader that hears that a follower has nothing any more sends it everything again'),
  },
  {
    name: 'proof-not-checked',
    why: 'whoever knows the names is let in without the cluster key',
    file: 'cluster/hello.ts',
    edits: [
      ['const isProved = equal(said.proof, proofOf(self.key, said))', 'const isProved = true'],
      ['(said.newest > 0 && !equal', '(said.newest < 0 && !equal'],
    ],
    killer: wire(HELLO),
  },
  {
    name: 'proof-for-another-node',
    why: 'a hello that was meant for another node is taken: a proof that was overheard works elsewhere',
    file: 'cluster/hello.ts',
    edits: [['if (said.to !== self.id)\n', 'if (said.to < 0)\n']],
    killer: wire(HELLO),
  },
  {
    name: 'earlier-life-believed',
    why: 'promises of a life that is over count, though its directory may be gone (RethinkDB 2.2.3, #5289)',
    file: 'cluster/peers.ts',
    edits: [['if (this.#lives.get(from) === life) this.#onFrame', 'if (this.#lives.has(from)) this.#onFrame']],
    killer: {
      file: 'test/cluster/peers.test.ts',
      title: 'what an earlier life of a node said does not count after a later one said hello',
    },
  },
  {
    name: 'peer-speaks-for-others',
    why: 'a peer acknowledges, or votes, in the name of another',
    file: 'cluster/peers.ts',
    edits: [['if (message && message.from === from && message.to', 'if (message && message.to']],
    killer: {
      file: 'test/cluster/peers.test.ts',
      title: 'a peer speaks for itself, to us and in our group, or not at all',
    },
  },
  {
    name: 'lengths-believed',
    why: 'the length that a peer wrote before a record is believed beyond the bytes that came',
    file: 'cluster/wire.ts',
    edits: [['if (end > bytes.length || !isCount(term)', 'if (!isCount(term)']],
    killer: wire('what is no message comes out as nothing'),
  },
  {
    name: 'damaged-piece-taken',
    why: 'a piece of a snapshot that was damaged on its way is installed',
    file: 'cluster/transfer.ts',
    edits: [['if (!piece || crc32(piece.data) !== piece.crc)', 'if (!piece)']],
    killer: transfer('a snapshot of which a piece was damaged on its way is not taken'),
  },
  {
    name: 'cut-snapshot-taken',
    why: 'a snapshot whose stream ended early is installed as far as it came',
    file: 'cluster/transfer.ts',
    edits: [['if (!head || pieces !== head.pieces || bytes !== head.bytes)', 'if (!head)']],
    killer: transfer('a snapshot that is cut short, or longer than its head says, is not taken'),
  },
  {
    name: 'pieces-taken-without-waiting',
    why: 'a snapshot is read from the network as fast as it comes: all of it waits for the disk in memory',
    file: 'cluster/transfer.ts',
    edits: [['await incoming!.write(piece.data)', 'void incoming!.write(piece.data)']],
    killer: transfer('the next piece of a snapshot is asked for when the one before it is stored'),
  },
  {
    name: 'read-before-applied',
    why: 'a read is answered when the index is known, not when the tables have it (thesis §6.4 step 4)',
    file: 'cluster/reads.ts',
    edits: [['if (index === null || index > applied) continue', 'if (index === null || applied < 0) continue']],
    killer: {
      file: 'test/cluster/reads.test.ts',
      title: 'a read is answered when the tables have the index that the leader said (thesis §6.4)',
    },
  },
  {
    name: 'snapshot-changes-untold',
    why: 'watchers do not hear of rows that a snapshot changed: a phone that is gone is still called',
    file: 'cluster/machine.ts',
    edits: [['if (change) next.changes.push(change)', 'if (change && !change.row) next.changes.push(change)']],
    killer: {
      file: 'test/cluster/machine.test.ts',
      title: 'a snapshot that replaces the tables tells each row that came, changed or went',
    },
  },
  {
    name: 'entry-skipped',
    why: 'the state machine goes on behind a hole in what it is handed (etcd 3.5 #13766)',
    file: 'cluster/machine.ts',
    edits: [['if (entry.index !== this.#applied + 1) throw', 'if (entry.index < this.#applied) throw']],
    killer: {
      file: 'test/cluster/machine.test.ts',
      title: 'an entry that does not follow the one applied last is a bug, and is said',
    },
  },
  {
    name: 'floor-above-who-waits',
    why: 'a proposal says that lower numbers are given up while somebody waits for them: they are never applied (thesis §6.3)',
    file: 'cluster/outstanding.ts',
    edits: [['    for (const first of this.#waiting.keys()) return first\n', '']],
    killer: {
      file: 'test/cluster/outstanding.test.ts',
      title: 'what is sent again has the number it had, and tells the lowest that is still waited for (thesis §6.3)',
    },
  },
  {
    name: 'overload-never-refused',
    why: 'proposals pile up in memory while no majority answers (cockroach #27772)',
    file: 'cluster/outstanding.ts',
    edits: [
      [
        'if (this.#waiting.size >= COUNT_MAX || this.#bytes >= BYTES_MAX) return false',
        'if (this.#bytes < 0) return false',
      ],
    ],
    killer: {
      file: 'test/cluster/outstanding.test.ts',
      title: 'what waits for a majority is bounded, in number and in bytes',
    },
  },
  {
    name: 'old-history-let-in',
    why: 'a node with the directory of before meets the cluster that was restored: the longer log wins and the restore is undone',
    file: 'cluster/hello.ts',
    edits: [['lineage !== null && here !== null && lineage !== here', 'lineage === here && here === null']],
    killer: saved(
      'an old directory is refused by a restored cluster; an empty one is filled and belongs to it from then on',
    ),
  },
  {
    name: 'lineage-not-kept',
    why: 'an empty directory that was filled by a restored cluster forgets whose it is with the next start',
    file: 'cluster/log/log.ts',
    edits: [['await this.#db.batch([metaRow(META.lineage, { lineage })], { sync: true })', 'void lineage']],
    killer: {
      file: 'test/cluster/log/log.test.ts',
      title: 'a directory that adopted a lineage belongs to it after reopening',
    },
  },
  {
    name: 'backup-not-checked',
    why: 'a saved snapshot is taken without its checksum: a flipped bit becomes a row of every node',
    file: 'cluster/saved.ts',
    edits: [['foot.lines !== count || foot.sha256 !== sha256', 'foot.lines !== count']],
    killer: saved('a file says what it is, and any byte that changes or is missing is seen'),
  },
  {
    name: 'tail-left-behind',
    why: 'of a survivor only what it knew to be committed is taken: what the lost leader had committed and answered is lost with it',
    file: 'cluster/salvage.ts',
    edits: [['const last = storage.lastIndex()', 'const last = storage.initialState().hardState.commit']],
    killer: saved('what a survivor does not know to be agreed is taken too, and counted'),
  },
  {
    name: 'transfer-never-given-up',
    why: 'whoever asked for another leader is not told that the core has given up (thesis §3.10)',
    file: 'cluster/handover.ts',
    edits: [["if (raft.role !== 'leader') return null", 'if (raft.term > 0) return null']],
    killer: handover('a node that may not vote yet does not take over: the leader goes on and says so'),
  },
  {
    name: 'transfer-into-the-void',
    why: 'a leader hands over to a node that is out of reach, and takes no proposal for an election timeout',
    file: 'cluster/handover.ts',
    edits: [["if (!reach) return 'it cannot be reached'", 'if (!reach && raft.term === 0) return null']],
    killer: handover('the leader itself, an unknown node, another that leads, one out of reach: each is said'),
  },
]
