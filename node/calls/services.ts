/** Star codes: what a user sets for himself by dialling, and how that is told to him. Nothing here can speak, so it is told as the reason of a refusal. */
import type { ServiceName } from '../../cluster/tables/plan-rows.ts'
import type { Aor } from '../../cluster/tables/rows.ts'
import { clean } from '../../proto/text.ts'

/** What is to be other than it was; null: as if never set. */
export interface Setting {
  readonly dnd?: true | null
  readonly waiting?: false | null
  readonly forwards?: {
    readonly always?: string | null
    readonly busy?: string | null
    readonly noAnswer?: string | null
    readonly unregistered?: string | null
  } | null
}

export interface Told {
  readonly status: number
  readonly reason: string
}

const NAMES = {
  forward_always: ['always', 'Forwarding'],
  forward_busy: ['busy', 'Forwarding when busy'],
  forward_no_answer: ['noAnswer', 'Forwarding after no answer'],
  forward_unregistered: ['unregistered', 'Forwarding when offline'],
} as const

/** Without a number after it a forwarding code switches that forwarding off. */
export function settingOf(service: ServiceName, argument: string): { readonly set: Setting; readonly reason: string } {
  switch (service) {
    case 'dnd_on':
      return { set: { dnd: true }, reason: 'Do not disturb is on' }
    case 'dnd_off':
      return { set: { dnd: null }, reason: 'Do not disturb is off' }
    case 'waiting_on':
      return { set: { waiting: null }, reason: 'Call waiting is on' }
    case 'waiting_off':
      return { set: { waiting: false }, reason: 'Call waiting is off' }
    case 'forward_off':
      return { set: { forwards: null }, reason: 'Forwarding is off' }
    default: {
      const [when, name] = NAMES[service]
      if (argument === '') return { set: { forwards: { [when]: null } }, reason: `${name} is off` }
      return { set: { forwards: { [when]: argument } }, reason: `${name} is on to ${clean(argument, 40)}` }
    }
  }
}

/** `put` says how it went: null when the cluster has agreed, else why not. */
export function starCodes(put: (aor: Aor, set: Setting) => Promise<string | null>) {
  return async (aor: Aor, service: ServiceName, argument: string): Promise<Told> => {
    const { set, reason } = settingOf(service, argument)
    const why = await put(aor, set)
    return why === null ? { status: 480, reason } : { status: 503, reason: `Nothing is changed: ${why}` }
  }
}
