/** Bugs of votes, terms and leadership (paper §5.1, §5.2, §5.4.1; thesis §3.10, §4.2.3, §6.2, §9.6). */
import type { Killer, Mutant } from '../mutant.ts'

const election = (title: string): Killer => ({ file: 'test/cluster/raft/election.test.ts', title })
const storage = (title: string): Killer => ({ file: 'test/cluster/raft/storage.test.ts', title })

export const ELECTIONS: readonly Mutant[] = [
  {
    name: 'vote-before-disk',
    why: 'a vote leaves before it is durable: after a crash the voter votes again in that term (figure 2)',
    file: 'cluster/raft/raft.ts',
    edits: [
      ['if (isPromise(sent.type)) {', "if (isPromise(sent.type) && (sent.to === r.id || sent.type !== 'vote-resp')) {"],
    ],
    killer: storage('with asynchronous storage a vote is a response to the write that holds it'),
  },
  {
    name: 'vote-not-synced',
    why: 'a vote in a term that is known already asks for no sync (figure 2)',
    file: 'cluster/raft/ready.ts',
    edits: [[' || hardState.vote !== told.hardState.vote', '']],
    killer: storage('a vote in a term that is known already is synced too, and so are entries (figure 2)'),
  },
  {
    name: 'double-vote',
    why: 'two votes in one term, for whoever asks: two leaders (§5.2)',
    file: 'cluster/raft/election.ts',
    edits: [['(r.vote === NONE && r.lead === NONE)', 'r.lead === NONE']],
    killer: election('one vote a term, for the first who asks, as often as it asks (§5.2)'),
  },
  {
    name: 'vote-forgotten-at-restart',
    why: 'a restart forgets for whom it voted, and keeps the term (figure 2)',
    file: 'cluster/raft/raft.ts',
    edits: [['vote: hardState.vote,', 'vote: NONE,']],
    killer: storage('a restart keeps term, vote and log (figure 2)'),
  },
  {
    name: 'vote-kept-across-terms',
    why: 'a vote of an earlier term is taken for one of this term: nobody gets a majority (§5.2)',
    file: 'cluster/raft/raft.ts',
    edits: [['    r.term = term\n    r.vote = NONE\n', '    r.term = term\n']],
    killer: election('a vote is forgotten with its term (§5.2)'),
  },
  {
    name: 'two-of-five-elect',
    why: 'off by one in the majority: two votes make a leader of five (§5.2)',
    file: 'cluster/raft/quorum.ts',
    edits: [['const needed = Math.floor(voters.size / 2) + 1', 'const needed = Math.floor(voters.size / 2)']],
    killer: election('of 5 voters, 1 other votes and 0 refusals make a candidate (§5.2)'),
  },
  {
    name: 'half-of-four-elect',
    why: 'half taken for a majority when their number is even: two leaders of one term (§5.2)',
    file: 'cluster/raft/quorum.ts',
    edits: [['const needed = Math.floor(voters.size / 2) + 1', 'const needed = Math.ceil(voters.size / 2)']],
    killer: election('of 4 voters, 1 other votes and 0 refusals make a candidate (§5.2)'),
  },
  {
    name: 'no-up-to-date-check',
    why: 'the longer log wins, whatever its terms: committed entries are overwritten (§5.4.1)',
    file: 'cluster/raft/log.ts',
    edits: [
      [
        'return theirs.term > ours.term || (theirs.term === ours.term && theirs.index >= ours.index)',
        'return theirs.index >= ours.index',
      ],
    ],
    killer: election('a log ending in 1/2 does not get the vote of one with terms 2 (§5.4.1)'),
  },
  {
    name: 'later-term-ignored-by-leader',
    why: 'a leader that hears a later term takes the term and goes on leading (§5.1)',
    file: 'cluster/raft/step.ts',
    edits: [
      [
        'becomeFollower(r, m.term, fromLeader ? m.from : NONE)',
        "if (r.role === 'leader') r.term = m.term\n  else becomeFollower(r, m.term, fromLeader ? m.from : NONE)",
      ],
    ],
    killer: election('a leader that hears a later term follows in it (§5.1)'),
  },
  {
    name: 'earlier-term-obeyed',
    why: 'messages of an earlier term are taken for those of this one (§5.1)',
    file: 'cluster/raft/step.ts',
    edits: [['if (m.term !== 0 && m.term < r.term) {', "if (m.term !== 0 && m.term < r.term && m.type !== 'app') {"]],
    killer: election('what was said in an earlier term changes nothing (§5.1)'),
  },
  {
    name: 'same-timeout-for-all',
    why: 'election timeouts are not drawn: votes split for ever (§5.2)',
    file: 'cluster/raft/raft.ts',
    edits: [['return electionTick + Math.floor(random() * electionTick)', 'return electionTick + 0 * random()']],
    killer: election('the timeout is drawn anew for each election, from one to two election ticks (§5.2)'),
  },
  {
    name: 'check-quorum-off',
    why: 'a leader without a majority goes on leading and serving (thesis §6.2; tikv #964)',
    file: 'cluster/raft/step.ts',
    edits: [['    if (r.settings.checkQuorum) checkQuorum(r)\n', '']],
    killer: election('a leader that hears no majority for an election timeout steps down (thesis §6.2)'),
  },
  {
    name: 'once-heard-always-active',
    why: 'who was heard once counts as heard at every check of the quorum (thesis §6.2)',
    file: 'cluster/raft/leader.ts',
    edits: [['if (id !== r.id) pr.recentActive = false', 'if (id === r.id) pr.recentActive = true']],
    killer: election('a leader that hears no majority for an election timeout steps down (thesis §6.2)'),
  },
  {
    name: 'pre-vote-raises-own-term',
    why: 'a pre-vote moves the term of who asks: a node that returns deposes the leader (thesis §9.6)',
    file: 'cluster/raft/raft.ts',
    edits: [["  r.lead = NONE\n  r.role = 'pre-candidate'", "  r.term++\n  r.lead = NONE\n  r.role = 'pre-candidate'"]],
    killer: election('a pre-vote that fails moves no term, so a node that returns disturbs nobody (thesis §9.6)'),
  },
  {
    name: 'pre-vote-raises-voters-term',
    why: 'a pre-vote moves the term of who is asked (thesis §9.6; hashicorp/raft #605)',
    file: 'cluster/raft/step.ts',
    edits: [["if (m.type === 'pre-vote' || (m.type", 'if ((m.type']],
    killer: election('who promises a vote keeps its term and its real vote (thesis §9.6)'),
  },
  {
    name: 'vote-against-a-living-leader',
    why: 'a removed or returning node deposes a leader that everybody hears (thesis §4.2.3; hashicorp/raft #526)',
    file: 'cluster/raft/step.ts',
    edits: [
      [
        "if (hearsLeader && !isForced(m.context)) return 'ignored'",
        "if (hearsLeader && r.term === 0) return 'ignored'",
      ],
    ],
    killer: election('who hears a leader gives no vote against it, not even for a later term (thesis §4.2.3)'),
  },
  {
    name: 'old-leader-never-told',
    why: 'a node in a later term that nobody follows says nothing, and is never let in (thesis §9.6)',
    file: 'cluster/raft/step.ts',
    edits: [
      [
        "if (r.settings.checkQuorum || r.settings.preVote) send(r, message('app-resp', m.from))",
        "if (!r.settings.checkQuorum) send(r, message('app-resp', m.from))",
      ],
    ],
    killer: election(
      'with pre-vote, a node in a later term that nobody follows is let in by the old leader (thesis §9.6)',
    ),
  },
  {
    name: 'proposals-during-transfer',
    why: 'a leader that hands over goes on taking proposals: its successor never catches up (thesis §3.10; hashicorp/raft #493)',
    file: 'cluster/raft/leader.ts',
    edits: [["  if (r.leadTransferee !== NONE) return 'dropped'\n", '']],
    killer: election('leadership waits for a node that is behind, and takes no proposals meanwhile (thesis §3.10)'),
  },
  {
    name: 'transfer-to-who-is-behind',
    why: 'a node that lacks entries is told to stand: it loses, and the cluster is without a leader (thesis §3.10; hashicorp/raft #487)',
    file: 'cluster/raft/leader.ts',
    edits: [
      [
        "  if (pr.match === lastIndex(r.log)) send(r, message('timeout-now', to))\n",
        "  if (pr.match > 0) send(r, message('timeout-now', to))\n",
      ],
    ],
    killer: election('a node is told to stand when it has everything, not before (thesis §3.10)'),
  },
  {
    name: 'transfer-without-end',
    why: 'a transfer to a node that is gone keeps the leader from taking proposals (thesis §3.10; hashicorp/raft #581)',
    file: 'cluster/raft/step.ts',
    edits: [['    r.leadTransferee = NONE\n', '']],
    killer: election('a transfer that takes an election timeout is given up (thesis §3.10)'),
  },
]
