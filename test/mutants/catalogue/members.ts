/** Bugs of members that come and go: identities, founding, promotion, removal, snapshots (cluster/members.ts and what it works with). */
import type { Killer, Mutant } from '../mutant.ts'

const rules = (title: string): Killer => ({ file: 'test/cluster/members.test.ts', title })
const roster = (title: string): Killer => ({ file: 'test/cluster/roster.test.ts', title })
const own = (title: string): Killer => ({ file: 'test/cluster/own-member.test.ts', title })
const peers = (title: string): Killer => ({ file: 'test/cluster/peers.test.ts', title })
const real = (title: string): Killer => ({ file: 'test/cluster/membership.test.ts', title })

const LEARNER = 'a learner gets its vote when it is in reach, can vote and has caught up, not before'
const REMOVAL = 'who leads hands over before it goes; the last vote stays; and a majority must be left'
const SNAPSHOT = 'who comes gets a snapshot that was taken after it came; and whoever starts from one knows all members'

export const MEMBERS: readonly Mutant[] = [
  {
    name: 'id-reused',
    why: 'the id of a removed member is given again: what the old one said counts for the new one',
    file: 'cluster/tables/members.ts',
    edits: [
      [
        '{ ...row, conf, all: row.all.filter((member) => member !== one) }',
        '{ ...row, conf, all: row.all.filter((member) => member !== one), next: row.next - 1 }',
      ],
    ],
    killer: rules('an id is given once: after a removal the next member gets the next one, and nobody else’s'),
  },
  {
    name: 'directory-not-checked',
    why: 'a wiped directory comes back under its old identity: what was promised with the old one is forgotten (RethinkDB #5289)',
    file: 'cluster/roster.ts',
    edits: [['if (member && directory !== member.directory) return', "if (member && directory === '') return"]],
    killer: roster('a member speaks from its own directory only, as soon as that is agreed on'),
  },
  {
    name: 'founded-too-early',
    why: 'founders are said before all of them were heard: one of them has no directory, or an older program',
    file: 'cluster/roster.ts',
    edits: [['if (silent.length > 0) return', 'if (2 * silent.length > founders.length) return']],
    killer: roster(
      'the configured nodes become founders when each of them was heard, with its directory, and knows what that means',
    ),
  },
  {
    name: 'founded-twice',
    why: 'founders are said again, and all changes since are forgotten',
    file: 'cluster/tables/members.ts',
    edits: [['row === null ? founded(change.members) : null', 'founded(change.members)']],
    killer: rules('founders are said once'),
  },
  {
    name: 'change-not-in-the-core',
    why: 'the tables follow a change of members and the core does not: the newcomer is sent nothing',
    file: 'cluster/members.ts',
    edits: [['      core.applyConfChange(change)\n', '']],
    killer: real('a learner gets everything and no vote, until it is promoted'),
  },
  {
    name: 'refused-change-in-the-core',
    why: 'what the members do not allow changes the core all the same: the two halves disagree about who votes',
    file: 'cluster/tables/members.ts',
    edits: [
      [
        'return change && next ? { row: next, core: coreChange(change) } : { row, core: NOTHING }',
        'return change && next ? { row: next, core: coreChange(change) } : { row, core: change ? coreChange(change) : NOTHING }',
      ],
    ],
    killer: rules('what the members do not allow does nothing in the core either'),
  },
  {
    name: 'removed-goes-on-speaking',
    why: 'the streams of a removed node stay: it is heard, and never told',
    file: 'cluster/peers.ts',
    edits: [
      [
        '      if (this.#lives.get(said.from) === said.incarnation) this.#lives.delete(said.from)\n      refuse(stream, why)\n',
        '',
      ],
    ],
    killer: peers('who is no member any more is told so, though it says nothing that could be refused'),
  },
  {
    name: 'own-opinion-is-the-peers',
    why: 'a node that refuses a peer takes itself for refused, and ends (found by the simulation)',
    file: 'cluster/peers.ts',
    edits: [['if (!ours) this.#options.onRefused', 'this.#options.onRefused']],
    killer: peers('what a node thinks of a peer is not taken for what the peer thinks of it'),
  },
  {
    name: 'sent-away-by-most-only',
    why: 'a node that lost its directory waits for a majority to send it away: several of them keep each other waiting (found by the simulation)',
    file: 'cluster/members.ts',
    edits: [['if (!roster.row || isMost || others.length === 0) this.#leave(why)', 'if (isMost) this.#leave(why)']],
    killer: real('who lost its directory is sent away by one member alone, when the others are away'),
  },
  {
    name: 'promoted-behind',
    why: 'a learner that has nothing yet gets a vote: nothing is committed until it has caught up (thesis §4.2.1)',
    file: 'cluster/membership.ts',
    edits: [["progress.state !== 'replicate' || lag > LAG_MAX", 'false']],
    killer: rules(LEARNER),
  },
  {
    name: 'promoted-before-it-can-vote',
    why: 'a learner that does not vote yet counts in the majority: after the next crash nobody can be elected (found by the simulation)',
    file: 'cluster/membership.ts',
    edits: [["  if (!mayVote(id)) return 'has not been given everything yet'\n", '']],
    killer: rules(LEARNER),
  },
  {
    name: 'whole-and-not-said',
    why: 'a learner that is whole does not say so: it never gets its vote',
    file: 'cluster/joining.ts',
    edits: [['        if (wasAwaited) greet()\n', '']],
    killer: real('a learner gets everything and no vote, until it is promoted'),
  },
  {
    name: 'removal-costs-the-majority',
    why: 'a member is removed while so many others are out of reach that nothing can be agreed afterwards',
    file: 'cluster/membership.ts',
    edits: [
      [
        'if (voters.includes(id) && 2 * reached.length <= left.length) {',
        'if (voters.includes(id) && reached.length < 1) {',
      ],
    ],
    killer: rules(REMOVAL),
  },
  {
    name: 'repairing-counts-for-a-majority',
    why: 'members that repair themselves, and cannot vote, count for the majority that a removal leaves',
    file: 'cluster/membership.ts',
    edits: [['(reach(voter) && mayVote(voter))', 'reach(voter)']],
    killer: rules(REMOVAL),
  },
  {
    name: 'second-change-proposed',
    why: 'a change of members is proposed while another is under way: it becomes an entry that does nothing, and is waited for (thesis §4.1)',
    file: 'cluster/membership.ts',
    edits: [['return raft.pendingConfIndex > raft.log.applied || isJoint(raft.membership.conf)', 'return false']],
    killer: rules('one change at a time'),
  },
  {
    name: 'snapshot-without-members',
    why: 'a snapshot leaves the members out: whoever starts from it lets a wiped directory in',
    file: 'cluster/tables/snapshot.ts',
    edits: [['...(members && { members })', '']],
    killer: rules('the tables have the members of every entry, and a snapshot brings them'),
  },
  {
    name: 'snapshot-with-founders',
    why: 'a snapshot carries the configuration of the founding: a node that starts from it counts those who are gone',
    file: 'cluster/snapshots.ts',
    edits: [['conf: conf ?? this.#founders', 'conf: this.#founders']],
    killer: real(SNAPSHOT),
  },
  {
    name: 'snapshot-from-before-its-receiver',
    why: 'a newcomer is sent a snapshot from before it came, refuses it, and is sent it again',
    file: 'cluster/snapshots.ts',
    edits: [
      ['if (![voters, learners, votersOutgoing].some((ids) => ids.includes(message.to))) {', 'if (message.to === 0) {'],
    ],
    killer: real(SNAPSHOT),
  },
  {
    name: 'older-program-after-founding',
    why: 'a program that knows nothing of changes of members is let in after one: it counts the wrong majority',
    file: 'cluster/hello.ts',
    edits: [['return isFounded?.() ? PROTOCOL : PROTOCOL_BEFORE_MEMBERS', 'return PROTOCOL_BEFORE_MEMBERS']],
    killer: roster('an older program is let in until the members are agreed on, and not any more'),
  },
  {
    name: 'seal-not-checked',
    why: 'what a hello says of its directory and address is not under the cluster key',
    file: 'cluster/hello.ts',
    edits: [['(said.newest > 0 && !equal', '(said.newest < 0 && !equal']],
    killer: roster('what a hello says of its directory is under the cluster key'),
  },
  {
    name: 'newcomer-refused-by-who-lags',
    why: 'a node that was away refuses the members that came meanwhile: when they are the majority it never comes back',
    file: 'cluster/roster.ts',
    edits: [['if (said.protocol >= PROTOCOL) {', 'if (said.protocol > PROTOCOL) {']],
    killer: roster('whoever lags lets in members that it has not heard of, so many and no more'),
  },
  {
    name: 'removed-let-in',
    why: 'an id that was removed is taken for a newcomer: it is let in again',
    file: 'cluster/roster.ts',
    edits: [['if (this.#standsOutside(from)) {', 'if (this.#standsOutside(from) && from === 0) {']],
    killer: roster('whoever was removed is told so, also by one that joined later'),
  },
  {
    name: 'wiped-sent-away-for-good',
    why: 'a wiped founder that had come back under another id is told to join anew, which its name does not allow',
    file: 'cluster/roster.ts',
    edits: [['const isMember = this.#row?.all.some((one) => one.name === name)', 'const isMember = false']],
    killer: roster('a wiped founder that had come back under another id is told how to come back once more'),
  },
  {
    name: 'sent-away-by-nobody',
    why: 'a wiped node knows all others by ids that they had before, and hears from none of them that it is no member: it waits for ever (found by the nemesis)',
    file: 'cluster/hello.ts',
    edits: [
      ['  const why = judge(said)\n  if (why) return why\n', ''],
      [
        'check the addresses of the nodes`\n  return null\n',
        'check the addresses of the nodes`\n  return judge(said)\n',
      ],
    ],
    killer: {
      file: 'test/cluster/wire.test.ts',
      title: 'that it is no member any more is said also to who knows others by what they were',
    },
  },
  {
    name: 'member-file-over-the-log',
    why: 'the file that says whose a directory is is believed over the log beside it: two directories act under one id',
    file: 'cluster/own-member.ts',
    edits: [['if (file && (file.directory !== directory || file.id !== id)) {', 'if (file && file.id !== id) {']],
    killer: own('one of another directory, or of another node, is not believed over the log: the node does not start'),
  },
  {
    name: 'founder-by-configuration',
    why: 'a founder that was replaced is taken for what it is configured as when its file is damaged, and does not start',
    file: 'cluster/own-member.ts',
    edits: [['directory, isOfFounding: true }', 'directory }']],
    killer: own(
      'a founder that was replaced is who its log says it is, also without the file, whatever it was configured as',
    ),
  },
  {
    name: 'member-file-unchecked',
    why: 'a flipped bit in the file member makes a node another one',
    file: 'cluster/log/member.ts',
    edits: [['if (version !== VERSION || crc !== crc32(body)) return null', 'if (version !== VERSION) return null']],
    killer: own('one bit that flips, or a byte that is missing, makes it no file'),
  },
]
