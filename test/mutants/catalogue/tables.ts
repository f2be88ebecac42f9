/** Bugs of the state machine: determinism, sessions, expiry, snapshots (thesis §6.3; RFC 3261 §10.3). */
import type { Killer, Mutant } from '../mutant.ts'

const tables = (title: string): Killer => ({ file: 'test/cluster/tables/tables.test.ts', title })

const RANDOM = 'random commands: replayed, or through a snapshot in the middle, the tables and their hash are the same'
const TWICE = 'a proposal that comes twice is applied once and answered the same (thesis §6.3)'

const packed = (title: string): Killer => ({ file: 'test/cluster/tables/packed.test.ts', title })
const loads = (title: string): Killer => ({ file: 'test/cluster/loads.test.ts', title })

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
        "  putLoaded(state, 'registrations', row.aor, row, digest)\n  schedule(state, row)\n",
        "  putLoaded(state, 'registrations', row.aor, row, digest)\n",
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
    edits: [['    state.fold.replace(rows.remove(key), undefined)\n', '    rows.remove(key)\n']],
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
    name: 'flows-by-contact',
    why: 'phones behind NATs that give themselves the same address take each other the registration away (RFC 5626 §6)',
    file: 'cluster/tables/contact-key.ts',
    edits: [
      ['instance === undefined || regId === undefined ? contactKey(contact)', 'regId !== -1 ? contactKey(contact)'],
    ],
    killer: tables('a flow is known by its instance and reg-id, whatever its contact is (RFC 5626 §6)'),
  },
  {
    name: 'instance-never-new',
    why: 'what was given to a phone before it began anew leads to it for ever (RFC 5627 §5.2)',
    file: 'cluster/tables/registrations.ts',
    edits: [['instance === undefined || old?.callId === command.callId', 'true']],
    killer: tables('an instance that comes under another Call-ID has begun anew (RFC 5627 §5.2)'),
  },
  {
    name: 'call-of-an-earlier-life',
    why: 'what a process said that is over is written after all: a call that nobody ends (fencing; Jepsen etcd 3.4.3)',
    file: 'cluster/tables/calls.ts',
    edits: [
      [
        'if (state.nodes.get(call.node)?.incarnation !== call.incarnation) return',
        'if (!state.nodes.has(call.node)) return',
      ],
    ],
    killer: tables('a node that starts anew, or goes down, ends the calls of its earlier life'),
  },
  {
    name: 'frozen-rows-overwritten',
    why: 'pages of rows that a snapshot still reads are emptied and filled anew: it has rows of later, or of others',
    file: 'cluster/tables/arena.ts',
    edits: [[' || page.born <= newest', '']],
    killer: packed('rows that were frozen are read as they were, however they are replaced meanwhile, and then let go'),
  },
  {
    name: 'hole-in-the-index',
    why: 'a row that goes leaves a hole in the index, and rows behind it are not found any more',
    file: 'cluster/tables/packed.ts',
    edits: [['      slots[hole] = slots[i]!\n      hole = i\n', '']],
    killer: packed(
      'random changes: a packed table is read like a map of the same rows, also after its pages were emptied',
    ),
  },
  {
    name: 'moved-row-lost',
    why: 'a row that moves to another page is looked for where it was',
    file: 'cluster/tables/arena.ts',
    edits: [
      [
        'if (lives) this.#moved(owner, this.#write(owner, page.bytes, at + HEAD, size - HEAD))',
        'if (lives) this.#write(owner, page.bytes, at + HEAD, size - HEAD)',
      ],
    ],
    killer: packed(
      'random changes: a packed table is read like a map of the same rows, also after its pages were emptied',
    ),
  },
  {
    name: 'expiry-of-a-row-that-went',
    why: 'what was due of a row that went is taken for the row that has its number now',
    file: 'cluster/tables/expiries.ts',
    edits: [['if (place !== 0) this.#take(place - 1)', 'if (place < 0) this.#take(place - 1)']],
    killer: packed('what is due is taken in order of time, then of the AoR, as a sorted list would have it'),
  },
  {
    name: 'entries-overtake-a-snapshot',
    why: 'entries are applied to the tables of before while a snapshot is loaded that is older than they are',
    file: 'cluster/loads.ts',
    edits: [['    if (this.isIdle) act()\n    else this.#waiting.push(act)\n', '    act()\n']],
    killer: loads('entries, and a second snapshot, wait in order behind one that is loaded'),
  },
  {
    name: 'snapshot-loaded-at-once',
    why: 'a large snapshot is loaded in one turn: the node stands still for all of it',
    file: 'cluster/loads.ts',
    edits: [['rows < ROWS_A_SLICE && this.#steps', 'this.#steps']],
    killer: loads('a snapshot is loaded so many rows a turn, and until it is whole the tables are those of before'),
  },
]
