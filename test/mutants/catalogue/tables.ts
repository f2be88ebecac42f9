/** Bugs of the state machine: determinism, sessions, expiry, snapshots (thesis §6.3; RFC 3261 §10.3). */
import type { Killer, Mutant } from '../mutant.ts'

const tables = (title: string): Killer => ({ file: 'test/cluster/tables/tables.test.ts', title })

const RANDOM = 'random commands: replayed, or through a snapshot in the middle, the tables and their hash are the same'
const TWICE = 'a proposal that comes twice is applied once and answered the same (thesis §6.3)'

export const TABLES: readonly Mutant[] = [
  {
    name: 'duplicates-applied',
    why: 'a proposal that is sent again is applied again (thesis §6.3)',
    file: 'cluster/tables/sessions.ts',
    edits: [["  if (result) return { kind: 'again', result }\n", '']],
    killer: tables(TWICE),
  },
  {
    name: 'given-up-applied',
    why: 'a number below the floor, which its proposer gave up, is applied after all (thesis §6.3)',
    file: 'cluster/tables/sessions.ts',
    edits: [["  if (proposer.seq < session.floor) return { kind: 'forget' }\n", '']],
    killer: tables(TWICE),
  },
  {
    name: 'session-ends-with-its-node',
    why: 'a node that is said to be down loses its session: what it sends again is applied again (thesis §6.3)',
    file: 'cluster/tables/sessions.ts',
    edits: [
      [
        '  raiseFloor(session, floor)\n}\n\nfunction sessionOf',
        '  state.sessions.delete(node)\n}\n\nfunction sessionOf',
      ],
    ],
    killer: tables(TWICE),
  },
  {
    name: 'snapshot-without-sessions',
    why: 'a node that came through a snapshot applies again what the others know (thesis §6.3: sessions are part of the state)',
    file: 'cluster/tables/snapshot.ts',
    edits: [
      [
        "  for (const session of state.sessions.values()) rows.push(['sessions', session.node, sessionLine(session)])\n",
        '',
      ],
    ],
    killer: tables(RANDOM),
  },
  {
    name: 'snapshot-without-time',
    why: 'cluster time begins anew behind a snapshot: the same command gives another expiry there',
    file: 'cluster/tables/snapshot.ts',
    edits: [['  state.time = head.time\n', '']],
    killer: tables(RANDOM),
  },
  {
    name: 'restored-bindings-never-expire',
    why: 'bindings that came with a snapshot are in no index of what is due',
    file: 'cluster/tables/registrations.ts',
    edits: [
      [
        '  write(state, row.aor, row.bindings)\n',
        "  state.bindings += row.bindings.length\n  put(state, 'registrations', row.aor, row)\n",
      ],
    ],
    killer: tables('a binding that came with a snapshot expires like any other'),
  },
  {
    name: 'hash-depends-on-order',
    why: 'the state hash depends on the way to the rows: a node behind a snapshot seems corrupt (or a corrupt one does not)',
    file: 'cluster/tables/hash.ts',
    edits: [
      ['this.#sum[i]! ^= digest.charCodeAt(i)', 'this.#sum[i] = (this.#sum[i]! * 31 + digest.charCodeAt(i)) & 255'],
    ],
    killer: tables(RANDOM),
  },
  {
    name: 'hash-misses-rows-that-go',
    why: 'a row that is removed stays in the state hash',
    file: 'cluster/tables/state.ts',
    edits: [['  state.fold.remove(table, key)\n', '']],
    killer: tables(RANDOM),
  },
  {
    name: 'expiry-by-local-clock',
    why: 'every replica expires by its own clock: the tables differ (Kazoo; consensus without cluster time)',
    file: 'cluster/tables/registrations.ts',
    edits: [['const until = Math.min(upTo, state.time)', 'const until = Math.max(upTo, Date.now())']],
    killer: tables('a contact is bound until it expires (RFC 3261 §10.3 step 7)'),
  },
  {
    name: 'refresh-does-not-move-expiry',
    why: 'what falls due at the old time removes a binding that was refreshed',
    file: 'cluster/tables/registrations.ts',
    edits: [
      [
        'row.bindings.filter((binding) => binding.expiresAt > until)',
        'row.bindings.filter((binding) => binding.expiresAt > until * 2)',
      ],
    ],
    killer: tables('a refresh moves the expiry, and the old time removes nothing'),
  },
  {
    name: 'refreshed-binding-forgotten',
    why: 'a binding that was looked at too early is never looked at again',
    file: 'cluster/tables/registrations.ts',
    edits: [['    else schedule(state, row)\n', '']],
    killer: tables('a refresh moves the expiry, and the old time removes nothing'),
  },
  {
    name: 'time-goes-back',
    why: 'a stamp of a leader whose clock is behind takes cluster time back',
    file: 'cluster/tables/apply.ts',
    edits: [['state.time = Math.max(state.time, time)', 'state.time = time']],
    killer: tables('cluster time in the tables never goes back, whoever stamps'),
  },
  {
    name: 'old-register-wins',
    why: 'a REGISTER that was overtaken undoes a newer one (RFC 3261 §10.3 step 7)',
    file: 'cluster/tables/registrations.ts',
    edits: [[' && binding.cseq >= command.cseq)', ' && binding.cseq > command.cseq + 1e9)']],
    killer: tables('the same Call-ID needs a higher CSeq for a binding it made (RFC 3261 §10.3 step 7)'),
  },
  {
    name: 'call-of-an-earlier-life',
    why: 'what a process said that is over is written after all: a call that nobody ends (fencing; Jepsen etcd 3.4.3)',
    file: 'cluster/tables/calls.ts',
    edits: [
      ['if (state.nodes.get(call.node)?.incarnation === call.incarnation) put', 'if (state.nodes.has(call.node)) put'],
    ],
    killer: tables('a node that starts anew, or goes down, ends the calls of its earlier life'),
  },
]
