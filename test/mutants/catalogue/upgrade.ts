/** Old programs beside new ones: cluster/roster.ts, cluster/peers.ts. */
import type { Mutant } from '../mutant.ts'

export const UPGRADE: readonly Mutant[] = [
  {
    name: 'founded-by-hearsay',
    why: 'a cluster is founded on what a node said before it stopped: it comes back with the older program, and may not go back',
    file: 'cluster/roster.ts',
    edits: [['const heard = isInReach(id) ? this.#heard.get(id) : undefined', 'const heard = this.#heard.get(id)']],
    killer: {
      file: 'test/cluster/roster.test.ts',
      title: 'what a node said before it went out of reach founds nothing: it may come back with the older program',
    },
  },
  {
    name: 'change-sent-to-older',
    why: 'an older program passes over a change of members and counts as one that has it: its tables differ for good',
    file: 'cluster/peers.ts',
    edits: [
      ['if (isOlder(reach) && message.entries.some(', 'if (message.entries.length > 99 && message.entries.some('],
    ],
    killer: {
      file: 'test/cluster/peers.test.ts',
      title: 'a change of members is not sent to a node that runs an older program, all else is',
    },
  },
  {
    name: 'older-stays-connected',
    why: 'a node with an older program stays on the stream that it had when the cluster was founded',
    file: 'cluster/peers.ts',
    edits: [['!peer || (isOlder(reach) && isFounded)', '!peer']],
    killer: {
      file: 'test/cluster/peers.test.ts',
      title:
        'once there are founders, nodes that run an older program are hung up on, and hear why they are not let in',
    },
  },
]
