/** Every planted bug. */
import { ELECTIONS } from './catalogue/elections.ts'
import { LOG } from './catalogue/log.ts'
import { MEMBERS } from './catalogue/members.ts'
import { MEMBERSHIP } from './catalogue/membership.ts'
import { REGISTRAR } from './catalogue/registrar.ts'
import { REPLICATION } from './catalogue/replication.ts'
import { SHELL } from './catalogue/shell.ts'
import { TABLES } from './catalogue/tables.ts'
import { UPGRADE } from './catalogue/upgrade.ts'
import type { Mutant } from './mutant.ts'

export const MUTANTS: readonly Mutant[] = [
  ...ELECTIONS,
  ...REPLICATION,
  ...MEMBERSHIP,
  ...MEMBERS,
  ...LOG,
  ...TABLES,
  ...SHELL,
  ...REGISTRAR,
  ...UPGRADE,
]
