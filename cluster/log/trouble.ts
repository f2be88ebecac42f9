/** What goes wrong with a disk, as one sentence that says what to do. */

/** The directory holds something that this node must not go on with: it would break a promise made to its peers. */
export class Refused extends Error {
  override readonly name = 'Refused'
  /** What is damaged, without the remedy. */
  readonly what: string

  constructor(what: string, remedy: string) {
    super(`${what}. ${remedy}`)
    this.what = what
  }
}

/** Said by a disk whose files do not hold together. */
export class Damage extends Error {
  override readonly name = 'Damage'
}

export function refuse(dir: string, what: string): Refused {
  return new Refused(
    what,
    'This node would break promises it made, so it does not start: ' +
      `restore a snapshot in the place of ${dir}, or have it replaced by a new one (docs/damage.md)`,
  )
}

/** An error of the file system or of the database while writing. The node must stop: what reached the disk is unknown. */
export function writeTrouble(dir: string, error: unknown): Error {
  const said = messageOf(error)
  if (error instanceof Refused) return damageFound(error.what)
  if (isCorruption(error)) return damageFound(`${dir} is damaged (${said})`)
  if (/ENOSPC|No space left/i.test(said)) {
    return new Error(`disk full: free space on ${dir} and start the node again; nothing acknowledged is lost`)
  }
  return new Error(
    `cannot write to ${dir} (${said}): see to the disk and start the node again; nothing acknowledged is lost`,
  )
}

/** An error while opening the database. */
export function openTrouble(dir: string, error: unknown): Error {
  const said = messageOf(error)
  if (codes(error).includes('LEVEL_LOCKED') || /\block\b.*(held|unavailable)/i.test(said)) {
    return new Error(
      `${dir} is in use by another process: stop that node first, or give this one a directory of its own`,
    )
  }
  if (error instanceof Damage) return refuse(dir, said)
  if (isCorruption(error)) return refuse(dir, `${dir} is damaged (${said})`)
  if (/ENOSPC|No space left/i.test(said)) return writeTrouble(dir, error)
  return new Error(`cannot open ${dir}: ${said}; see that the disk works and that the node may write to this directory`)
}

/** Damage that is found while the node runs; the next start looks at all of it. */
export function damageFound(what: string): Error {
  return new Error(`${what}. This node has stopped: start it again, it then repairs itself from its peers`)
}

function isCorruption(error: unknown): boolean {
  return codes(error).includes('LEVEL_CORRUPTION') || /corruption/i.test(messageOf(error))
}

/** Whether the file system, the database or the disk that is simulated said it: those give a code. */
export function isOfDisk(error: unknown): boolean {
  return error instanceof Damage || (error instanceof Error && 'code' in error)
}

/** The innermost reason: abstract-level wraps what the database said. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? messageOf(error.cause) : error.message
}

function codes(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return []
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : []
  return [...own, ...codes(error.cause)]
}
