/** Starts on a directory that is damaged, and stops. Run under strace. */
import { openOrRepair } from '../../../../cluster/log/repair.ts'
import { QUIET } from '../../nodes.ts'
import { IDENTITY, KEEP } from './script.ts'

const [dir] = process.argv.slice(2) as [string]
const onFatal = (error: Error): never => {
  throw error
}
await (await openOrRepair({ dir, identity: IDENTITY, keep: KEEP, onFatal }, QUIET)).close()
