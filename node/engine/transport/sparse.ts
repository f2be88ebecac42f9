/** What a stranger can make us say at will: so many lines a minute, and with the next one how many there would have been besides. */
const WINDOW_MS = 60_000
const LINES_MAX = 10

type Say = (fields: object, message: string) => void

export function sparse(say: Say, now: () => number = () => performance.now()): Say {
  let since = now()
  let said = 0
  let unsaid = 0
  return (fields, message) => {
    if (now() - since >= WINDOW_MS) {
      since = now()
      said = 0
    }
    if (said >= LINES_MAX) {
      unsaid++
      return
    }
    said++
    say(unsaid > 0 ? { ...fields, unsaid } : fields, message)
    unsaid = 0
  }
}
