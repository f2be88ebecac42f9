/** Bugs of the registrar’s economy: what a node keeps for itself and what the cluster agrees on (RFC 3261 §10.3). */
import type { Killer, Mutant } from '../mutant.ts'

const orders: Killer = {
  file: 'test/node/sip/interleavings.test.ts',
  title: 'no phone is gone before its time, nor there when it took itself away, whatever overtakes what',
}
const refresh = (title: string): Killer => ({ file: 'test/node/sip/refresh.test.ts', title: `a REGISTER: ${title}` })
const tables = (title: string): Killer => ({ file: 'test/cluster/tables/tables.test.ts', title })

export const REGISTRAR: readonly Mutant[] = [
  {
    name: 'refresh-without-asking',
    why: 'a node answers a refresh from tables that are behind: another node has removed, or taken over, what it promises (stale ownership)',
    file: 'node/sip/register.ts',
    edits: [
      [
        "        if ((await cluster.catchUp(deadline - now())) !== 'caught up') return answer(503, noQuorum())\n",
        '        await Promise.resolve()\n',
      ],
    ],
    killer: orders,
  },
  {
    name: 'refresh-decided-before-asking',
    why: 'what was decided before the tables were brought up to date is done after',
    file: 'node/sip/register.ts',
    edits: [
      [
        '        verdict = decide(wish, caught)\n        if (mayKeep(verdict)) return',
        '        if (mayKeep(verdict)) return',
      ],
    ],
    killer: orders,
  },
  {
    name: 'lapsed-refresh-kept',
    why: 'a refresh is kept while the removal of its binding is under way to the log',
    file: 'node/sip/refresh.ts',
    edits: [["  if (kept && kept.until <= seen.now) return agree('lapsed')\n", '']],
    killer: orders,
  },
  {
    name: 'anybody-keeps',
    why: 'a node that does not hold the phone answers its refresh alone: its own node lets it run out',
    file: 'node/sip/refresh.ts',
    edits: [["  if (binding.node !== wish.node || !seen.isUp) return agree('moved')\n", '']],
    killer: orders,
  },
  {
    name: 'kept-by-a-new-life',
    why: 'a process that just started keeps a refresh while a removal of its earlier life is under way (fencing by node-up)',
    file: 'node/sip/refresh.ts',
    edits: [['binding.node !== wish.node || !seen.isUp', 'binding.node !== wish.node']],
    killer: refresh('this process is not the node yet: moved'),
  },
  {
    name: 'lease-not-renewed',
    why: 'a lease that ends before the phone was told to come back is not renewed',
    file: 'node/sip/refresh.ts',
    edits: [["  if (left < (change.expires + SLACK_SECONDS) * 1000) return agree('lease')\n", '']],
    killer: refresh('the phone asks for more than is left: lease'),
  },
  {
    name: 'kept-cseq-forgotten',
    why: 'a removal that was overtaken by refreshes that only the node knows undoes them (RFC 3261 §10.3 step 7)',
    file: 'node/sip/refresh.ts',
    edits: [
      ['    const last = Math.max(cseq, known?.cseq ?? 0)\n', '    const last = Math.max(cseq, known ? 0 : 0)\n'],
    ],
    killer: refresh('a removal that came late: out of order'),
  },
  {
    name: 'other-way-kept',
    why: 'a phone that comes through another proxy goes on being called through the one before',
    file: 'node/sip/refresh.ts',
    edits: [[' &&\n    isSamePath(binding.path, wish.path)', '']],
    killer: refresh('another Path: changed'),
  },
  {
    name: 'removal-swallowed',
    why: 'a phone that takes a contact away and binds it again at once is served as if it had only done the last (coalescing)',
    file: 'node/sip/refresh.ts',
    edits: [['change.expires > 0 && keys.has', 'change.expires >= 0 && keys.has']],
    killer: {
      file: 'test/node/sip/refresh.test.ts',
      title: 'of two REGISTERs that wait, the later one stands for both only if it says the same contacts again',
    },
  },
  {
    name: 'taken-over-still-kept',
    why: 'a node goes on keeping a phone that another has taken over',
    file: 'node/sip/kept.ts',
    edits: [['return now?.node === this.#node && now.cseq <= cseq', 'return now !== undefined && now.cseq <= cseq']],
    killer: {
      file: 'test/node/sip/kept.test.ts',
      title: 'a node keeps the time of a phone until its row says that it is another’s, or of another REGISTER',
    },
  },
  {
    name: 'lapse-not-fenced',
    why: 'a removal of what ran out removes what was bound anew meanwhile (fencing)',
    file: 'cluster/tables/registrations.ts',
    edits: [
      [
        '  return binding.callId === seen.callId && binding.cseq === seen.cseq && binding.expiresAt === seen.expiresAt\n',
        '  return true\n',
      ],
    ],
    killer: orders,
  },
  {
    name: 'lapse-of-another-node',
    why: 'a node removes what another has taken over',
    file: 'cluster/tables/registrations.ts',
    edits: [
      ['  if (binding.node !== node || binding.contact !== seen.contact)', '  if (binding.contact !== seen.contact)'],
    ],
    killer: tables('what ran out is removed only as its node saw it'),
  },
  {
    name: 'outage-counts-for-phones',
    why: 'a node counts the time without a quorum against its phones: when it is back all are gone at once, and none could refresh',
    file: 'node/sip/register.ts',
    edits: [['      if (quorum && leaderless !== null) stood += now() - leaderless\n', '']],
    killer: {
      file: 'test/node/sip/register-time.test.ts',
      title: 'a day without a quorum takes no phone away: each has the time that it had left, once the quorum is back',
    },
  },
]
