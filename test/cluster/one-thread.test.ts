/**
 * The same sentences about a replica as in replica.test.ts, with both of its halves in one thread: that is how a simulation runs
 * it. The world is the real one all the same, and only not the one that startCluster knows by itself.
 */
import { realWorld } from '../../cluster/world.ts'
import { arrangement } from './nodes.ts'

arrangement.world = { ...realWorld }
await import('./replica.test.ts')
