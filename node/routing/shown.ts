/** How a caller is shown to whom he calls: by the rule, else by the trunk group, else by what is his own. */
import type { PlanRule, PlanTrunkGroup } from '../../cluster/tables/plan-rows.ts'
import type { Shown } from './decision.ts'

/** What the rules that a call went through say of its caller; a later one has the last word. */
export interface Looks {
  /** `own`, `withheld` or a number. */
  readonly callerId?: string
  readonly rewritten?: string
  readonly private?: true
}

export function looksAfter(before: Looks, rule: PlanRule, rewritten: string | null): Looks {
  return {
    ...before,
    ...(rule.callerId !== undefined && { callerId: rule.callerId }),
    ...(rewritten !== null && { rewritten }),
    ...(rule.privacy === true && { private: true }),
  }
}

/** To phones. */
export function shownInside(looks: Looks): Shown | undefined {
  return shown(looks.callerId ?? 'own', looks.rewritten ?? null, looks.private === true)
}

/** To a trunk. `own`: the number that the caller has for such calls. */
export function shownOutside(
  looks: Looks,
  group: Pick<PlanTrunkGroup, 'callerId'> | undefined,
  own: string | null,
): Shown | undefined {
  return shown(looks.callerId ?? group?.callerId ?? 'own', looks.rewritten ?? own, looks.private === true)
}

/** Absent: as who he is. */
function shown(callerId: string, own: string | null, isPrivate: boolean): Shown | undefined {
  const number = callerId === 'own' || callerId === 'withheld' ? own : callerId
  const hidden = isPrivate || callerId === 'withheld'
  return number === null && !hidden ? undefined : { number, display: null, private: hidden }
}
