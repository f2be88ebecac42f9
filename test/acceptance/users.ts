/** Many users at once, over the control service as any script would add them. */
import type { ControlClient } from '../../proto/types/raftel/v1/Control.ts'

export async function addUsers(client: ControlClient, aors: readonly string[], password: string): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    for (let aor = aors[next++]; aor !== undefined; aor = aors[next++]) {
      const user = { aor, password, replace: true }
      await new Promise<void>((resolve, reject) => {
        client.addUser(user, (error) => (error ? reject(error) : resolve()))
      })
    }
  }
  await Promise.all(Array.from({ length: 32 }, worker))
}

export interface RegistrationRow {
  readonly aor: string
  readonly contact: string
  readonly transport: string
  readonly node: string
  readonly expires: number
  readonly received: string
  readonly state: string
}

/** Every row of one node's own table, page by page. */
export async function registrationsAt(client: ControlClient): Promise<RegistrationRow[]> {
  const rows: RegistrationRow[] = []
  let after = ''
  do {
    const page = await new Promise<{ rows: readonly RegistrationRow[]; next: string }>((resolve, reject) => {
      client.listRegistrations({ limit: 10_000, after }, (error, reply) => {
        if (error) reject(error)
        else resolve({ rows: reply?.rows ?? [], next: reply?.next ?? '' })
      })
    })
    rows.push(...page.rows)
    after = page.next
  } while (after !== '')
  return rows
}
