/** Bugs of the durable log: what is synced when, what is believed at boot (consensus on LevelDB; FAST’17, FAST’18, ATC’20). */
import type { Killer, Mutant } from '../mutant.ts'

const log = (title: string): Killer => ({ file: 'test/cluster/log/log.test.ts', title })
const boot = (title: string): Killer => ({ file: 'test/cluster/log/boot.test.ts', title })
const transfers = (title: string): Killer => ({ file: 'test/cluster/log/transfers.test.ts', title })
const sync = (title: string): Killer => ({ file: 'test/cluster/log/sync.test.ts', title })
const redo = (title: string): Killer => ({ file: 'test/cluster/log/redo.test.ts', title })
const group = (title: string): Killer => ({ file: 'test/cluster/log/group.test.ts', title })

const OTHERS = 'rows of another group are neither read nor cleared as ours, whatever becomes of ours'
const ACKNOWLEDGED = 'at the moment a write is acknowledged it is in the files, and they would open after a crash'
const NO_MORE = 'at no moment does the frontier claim more than the database holds, but for a write that stands in it'
const SYNCED = 'what is acknowledged was synced before: the system calls of a real run say so'

export const LOG: readonly Mutant[] = [
  {
    name: 'ack-before-write',
    why: 'a write is acknowledged when it is begun (NATS JetStream 2.12.1, Jepsen 2025)',
    file: 'cluster/log/log.ts',
    edits: [
      [
        '    const write = mergeWrites(jobs.map((job) => job.message))\n',
        '    for (const job of jobs) job.done()\n    const write = mergeWrites(jobs.map((job) => job.message))\n',
      ],
    ],
    killer: log(ACKNOWLEDGED),
  },
  {
    name: 'ack-before-fsync',
    why: 'a batch is written without a sync: a power cut loses what was acknowledged (NATS JetStream 2.12.1)',
    file: 'cluster/log/log.ts',
    edits: [
      [
        'await this.#db.batch(batch, { sync: true })\n\n    this.#last = { index: last, crc }',
        'await this.#db.batch(batch, { sync: false })\n\n    this.#last = { index: last, crc }',
      ],
    ],
    killer: sync(SYNCED),
  },
  {
    name: 'ack-before-frontier',
    why: 'what the database has is acknowledged while the frontier does not cover it yet: its loss goes unnoticed',
    file: 'cluster/log/log.ts',
    edits: [
      [
        '    this.#frontier.after(() => {\n      for (const job of jobs) if (!this.#dead) job.done()\n    })\n',
        '    for (const job of jobs) if (!this.#dead) job.done()\n',
      ],
    ],
    killer: sync('what is acknowledged stands in the frontier before'),
  },
  {
    name: 'frontier-not-synced',
    why: 'the frontier is left to the cache of the system: after a power cut it knows of nothing',
    file: 'cluster/log/disk.ts',
    edits: [['constants.O_RDWR | constants.O_DSYNC, 0o600)', 'constants.O_RDWR, 0o600)']],
    killer: sync('the frontier is opened so that a write returns when it is on the disk'),
  },
  {
    name: 'io-error-swallowed',
    why: 'a failed write is taken for done: what was acknowledged is nowhere (Can applications recover from fsync failures?, ATC’20)',
    file: 'cluster/log/log.ts',
    edits: [
      [
        'await this.#db.batch(batch, { sync: true })\n\n    this.#last = { index: last, crc }',
        'await this.#db.batch(batch, { sync: true }).catch(() => {})\n\n    this.#last = { index: last, crc }',
      ],
    ],
    killer: boot('a write that fails is never acknowledged, and ends the log with one sentence'),
  },
  {
    name: 'lone-vote-not-written',
    why: 'a vote is written only together with entries (liferaft)',
    file: 'cluster/log/log.ts',
    edits: [['if (entries.length === 0 && !voted) return', 'if (entries.length === 0) return']],
    killer: log('a vote that was rolled back is refused'),
  },
  {
    name: 'vote-lost-in-merge',
    why: 'of several writes made one the first term and vote is kept, not the last (figure 2)',
    file: 'cluster/log/writes.ts',
    edits: [['if (message.term > 0) hardState =', 'if (message.term > 0 && hardState === null) hardState =']],
    killer: log('of writes that are made one the last vote counts, also after reopening'),
  },
  {
    name: 'conflict-lost-in-merge',
    why: 'of several writes made one the entries that were overwritten stay (§5.3)',
    file: 'cluster/log/writes.ts',
    edits: [
      [
        '    entries.length = Math.max(0, Math.min(entries.length, first.index - start))\n',
        '    if (first.index < start) entries.length = 0\n',
      ],
    ],
    killer: log('entries of a newer leader replace what they conflict with, also after reopening'),
  },
  {
    name: 'conflict-kept-on-disk',
    why: 'what a newer leader cut stays in the database behind the new end (§5.3; qdrant #1329)',
    file: 'cluster/log/log.ts',
    edits: [
      [
        "    for (let index = last + 1; index <= this.#last.index; index++) batch.push({ type: 'del', key: entryKey(index) })\n",
        '',
      ],
    ],
    killer: log('entries of a newer leader replace what they conflict with, also after reopening'),
  },
  {
    name: 'frontier-retreat-skipped',
    why: 'the log is cut back while the frontier still says more: a crash then makes a sound node refuse to start',
    file: 'cluster/log/log.ts',
    edits: [['      await this.#frontier.retreat({ ...reached, last: first.index - 1, crc })\n', '']],
    killer: sync(NO_MORE),
  },
  {
    name: 'frontier-ahead',
    why: 'before entries are overwritten the frontier says a term that the database does not have yet: a crash in between makes a sound node refuse (found by the simulation, seed 209)',
    file: 'cluster/log/log.ts',
    edits: [
      [
        'retreat({ ...reached, last: first.index - 1, crc })',
        'retreat({ ...this.#reached(), last: first.index - 1, crc })',
      ],
    ],
    killer: log(
      'a crash between cutting back the frontier and overwriting entries of an older term leaves a log that opens',
    ),
  },
  {
    name: 'install-retreat-skipped',
    why: 'the same when a snapshot from the leader replaces a log that went further',
    file: 'cluster/log/log.ts',
    edits: [['    await this.#frontier.retreat({ ...this.#reached(), last: 0, crc: 0 })\n', '']],
    killer: sync(NO_MORE),
  },
  {
    name: 'last-write-not-redone',
    why: 'the frontier and the database are written at the same time, and a crash that left one alone makes a sound node refuse',
    file: 'cluster/log/open.ts',
    edits: [['    if (redo) await redoLast(db, dir, redo)\n', '']],
    killer: redo('what a crash left in the frontier alone is in the log after the next start'),
  },
  {
    name: 'redone-without-looking',
    why: 'the write in the frontier is done again whatever the database holds: an older frontier takes a vote back (figure 2)',
    file: 'cluster/log/redo.ts',
    edits: [['if (await stands(db, dir, redo.before)) await', 'await']],
    killer: redo('an older frontier takes nothing back'),
  },
  {
    name: 'first-write-redone',
    why: 'the first write of all is done again on a database that lost what was before it: whose it is, of which founding',
    file: 'cluster/log/log.ts',
    edits: [['const isPlain = reached.term > 0 && !(', 'const isPlain = !(']],
    killer: log('a small write that was acknowledged last is in the frontier too, and is given back when it is gone'),
  },
  {
    name: 'noted-without-the-write',
    why: 'the frontier claims a write that is under way, and does not have it: a crash makes a sound node refuse',
    file: 'cluster/log/log.ts',
    edits: [['this.#frontier.note(after, { before: reached, operations })', 'this.#frontier.note(after)']],
    killer: redo('what a crash left in the frontier alone is in the log after the next start'),
  },
  {
    name: 'frontier-ignored',
    why: 'nothing remembers how far the database had come: LevelDB loses its tail without a word (measured; LevelDB #251, Pebble #453)',
    file: 'cluster/log/open.ts',
    edits: [
      [
        'const { reached, redo } = found',
        'const [redo, reached] = [null, { last: 0, crc: 0, term: 0, vote: 0, snapshot: 0 }]',
      ],
    ],
    killer: log('a write-ahead log that was deleted or cut is seen and refused'),
  },
  {
    name: 'rolled-back-vote-believed',
    why: 'an older copy of the database forgets a vote and nobody asks (figure 2)',
    file: 'cluster/log/recover.ts',
    edits: [['    hardState.term < reached.term ||\n', '    hardState.term < 0 ||\n']],
    killer: log('a vote that was rolled back is refused'),
  },
  {
    name: 'other-history-believed',
    why: 'the entry at the frontier is not the one that was written there, and nobody looks',
    file: 'cluster/log/recover.ts',
    edits: [['reached.last > 0 && crcAtReached !== reached.crc', 'reached.last > 0 && crcAtReached === undefined']],
    killer: boot('a last entry that is not the one that had been written is refused'),
  },
  {
    name: 'hole-believed',
    why: 'a log with a hole is read as if it had none (LevelDB 1.20 after a bit flip, measured)',
    file: 'cluster/log/recover.ts',
    edits: [
      ['if (index !== last.index + 1) throw refuse', 'if (index < last.index + 1) throw refuse'],
      ['if (record.before !== last.crc)', 'if (record.before !== last.crc && index === last.index + 1)'],
    ],
    killer: boot('a log with a hole is refused, and the entry that is missing is named'),
  },
  {
    name: 'checksum-not-looked-at',
    why: 'a flipped bit in a table of LevelDB is read as if nothing were (measured: wrong bytes, no error; FAST’17)',
    file: 'cluster/log/records.ts',
    edits: [
      [
        'return value.readUInt32BE(0) === crc32(value.subarray(4), crc32(key))',
        'return value.readUInt32BE(0) >= 0 * crc32(key)',
      ],
    ],
    killer: boot('an entry of which one bit is another is refused, wherever the bit is'),
  },
  {
    name: 'chain-not-looked-at',
    why: 'a sound record of another history stands in the middle of the log',
    file: 'cluster/log/recover.ts',
    edits: [['if (record.before !== last.crc)', 'if (record.before !== last.crc && record.entry.index < 0)']],
    killer: boot('an entry of another history in the middle of the log is refused'),
  },
  {
    name: 'truncated-past-snapshot',
    why: 'the log is cut beyond the snapshot that covers it (RedisRaft #43, #45; etcd #18055)',
    file: 'cluster/log/log.ts',
    edits: [
      [
        'const baseIndex = Math.max(first - 1, kept.index - this.#options.keep)',
        'const baseIndex = Math.max(first - 1, this.#memory.lastIndex() - this.#options.keep)',
      ],
    ],
    killer: log('a snapshot lets go of the entries behind it, and is read back'),
  },
  {
    name: 'truncated-without-snapshot',
    why: 'the log is cut back and the snapshot that covers it is not written with it (snapshot/truncation race)',
    file: 'cluster/log/log.ts',
    edits: [['const batch: Operation[] = [metaRow(META.snapshot, kept)]\n', 'const batch: Operation[] = []\n']],
    killer: log('a snapshot lets go of the entries behind it, and is read back'),
  },
  {
    name: 'own-snapshot-over-newer',
    why: 'a snapshot of our own that ends late replaces a newer one that came from the leader (two snapshots race; RedisRaft #45)',
    file: 'cluster/log/log.ts',
    edits: [['    if (kept.index <= (this.#kept?.index ?? 0)) return\n', '']],
    killer: boot('a snapshot of our own that ends after a newer one came from the leader is let go'),
  },
  {
    name: 'snapshot-piece-missing-believed',
    why: 'a snapshot of which a piece is gone is loaded without it',
    file: 'cluster/log/recover.ts',
    edits: [
      ["  if (piece < kept.pieces) throw missing('missing')\n", ''],
      ['  if (bytes !== kept.bytes)\n', '  if (bytes > kept.bytes)\n'],
    ],
    killer: boot('a snapshot of which a piece is gone is refused'),
  },
  {
    name: 'half-a-snapshot-installed',
    why: 'a snapshot that is still on its way is made the one that counts (§7)',
    file: 'cluster/log/transfers.ts',
    edits: [['if (!transfer?.isWhole) return null', 'if (!transfer) return null']],
    killer: transfers('a snapshot that is not whole, or that nobody wanted, is never installed and leaves nothing'),
  },
  {
    name: 'transfers-mixed',
    why: 'two leaders send a snapshot of one index, and what is kept has pieces of both',
    file: 'cluster/log/transfers.ts',
    edits: [
      ['    for (const [number, { isWhole }] of this.#all) if (!isWhole) this.#all.delete(number)\n', ''],
      ['const number = ++this.#last', 'const number = this.#last + 1'],
      [
        "if (this.#all.get(number) !== transfer) throw new Error('another snapshot has begun to arrive')",
        'if (!this.#all.has(number)) this.#all.set(number, transfer)',
      ],
    ],
    killer: transfers('two snapshots of one index that come at once do not mix: the later stream counts'),
  },
  {
    name: 'current-snapshot-cleared',
    why: 'what is installed is cleared with what it took the place of: the next start has half of it',
    file: 'cluster/log/recover.ts',
    edits: [['await clearTransfers(db, 0, received - 1)', 'await clearTransfers(db, 0, received)']],
    killer: transfers(
      'a snapshot that came counts from its installation on, also after a restart; until then the one before it does',
    ),
  },
  {
    name: 'load-begun-when-asked',
    why: 'a snapshot that is being loaded is read as the database is by then: cleared for a newer one, it ends in the middle',
    file: 'cluster/log/log.ts',
    edits: [
      [
        'this.#toLoad.push({ index: kept.index, term: kept.term, head, pieces: this.snapshotPieces(kept) })',
        'this.#toLoad.push({ index: kept.index, term: kept.term, head, pieces: (async function* (log) { yield* log.snapshotPieces(kept) })(this) })',
      ],
    ],
    killer: transfers('a snapshot that is being loaded is read to its end, also when a newer one takes its place'),
  },
  {
    name: 'right-to-vote-forgotten',
    why: 'a rebuilt directory that may vote again may not after a restart: a cluster that is restarted has no votes',
    file: 'cluster/log/recover.ts',
    edits: [['const joined = (await readMeta<object>(db, dir, META.joined)) !== null', 'const joined = false']],
    killer: boot('a directory that may vote may do so after a restart too'),
  },
  {
    name: 'directory-of-another-node',
    why: 'a node takes the directory of another for its own and votes twice (RethinkDB 2.2.3, #5289)',
    file: 'cluster/log/recover.ts',
    edits: [
      [
        'if ((own.id !== null && found.id !== own.id && !hasReplaced) || found.node !== own.node) {',
        'if (found.id < 0) {',
      ],
    ],
    killer: log('the directory of another node or cluster is refused'),
  },
  {
    name: 'unreadable-log-opened',
    why: 'LevelDB takes a write-ahead log that cannot be read for an empty one, and removes it: what was acknowledged is gone for one EMFILE',
    file: 'cluster/log/leveldb.ts',
    edits: [["if (name.endsWith('.log')) await", "if (name === '.log') await"]],
    killer: boot('a write-ahead log that cannot be read is no damage: it is said, and with it all is there'),
  },
  {
    name: 'one-look-is-damage',
    why: 'a table that another process merges away is taken for one that is missing, and the directory of a node that runs is set aside',
    file: 'cluster/log/leveldb.ts',
    edits: [
      ['if (!(error instanceof Damage) || error.message === before) throw error', 'if (before === "") throw error'],
    ],
    killer: boot(
      'a directory that another process has open is not taken for a damaged one, whatever that one merges meanwhile',
    ),
  },
  {
    name: 'unseen-taken-for-missing',
    why: 'a database that the disk does not let one look at is taken for one that is missing, and set aside',
    file: 'cluster/log/disk.ts',
    edits: [
      [
        "if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false\n        throw error",
        'return error === null',
      ],
    ],
    killer: boot('a database that cannot be looked at is not one that is missing'),
  },
  {
    name: 'other-group-read',
    why: 'the log of another group in the same database is read as the end of ours (several groups on one disk)',
    file: 'cluster/log/records.ts',
    edits: [['lt: Buffer.of(GROUP, CHUNK) }', 'lt: Buffer.of(GROUP + 1, CHUNK) }']],
    killer: group(OTHERS),
  },
  {
    name: 'other-group-cleared',
    why: 'what another group has in the same database is cleared with our unfinished transfers',
    file: 'cluster/log/records.ts',
    edits: [['lt: Buffer.of(GROUP, RECEIVED + 1) }', 'lt: Buffer.of(GROUP + 1, RECEIVED + 1) }']],
    killer: group(OTHERS),
  },
]
