/** A replica in a process of its own, as its parent sees it: orders go in one at a time, answers come out. */
import { type ChildProcess, fork } from 'node:child_process'
import path from 'node:path'
import type { Answer, Loaded, Order, ReplicaSpec, Seen } from './replica.ts'

export class ReplicaProcess {
  readonly spec: ReplicaSpec
  readonly #process: ChildProcess

  static async start(spec: ReplicaSpec): Promise<ReplicaProcess> {
    const child = fork(path.join(import.meta.dirname, `replica${path.extname(import.meta.filename)}`))
    const replica = new ReplicaProcess(spec, child)
    await replica.#order({ do: 'start', spec })
    return replica
  }

  private constructor(spec: ReplicaSpec, child: ChildProcess) {
    this.spec = spec
    this.#process = child
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  async status(): Promise<Extract<Answer, { kind: 'status' }>> {
    return (await this.#order({ do: 'status' })) as Extract<Answer, { kind: 'status' }>
  }

  async look(): Promise<Seen> {
    return (await this.#order({ do: 'look' })) as Seen
  }

  async load(count: number, inFlight: number, bytes: number): Promise<Loaded> {
    const answer = await this.#order({ do: 'load', count, inFlight, bytes })
    return (answer as Extract<Answer, { kind: 'loaded' }>).loaded
  }

  async transferTo(node: string): Promise<void> {
    await this.#order({ do: 'transfer', to: node })
  }

  async agree(): Promise<void> {
    await this.#order({ do: 'agree' })
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }

  /** One at a time. */
  async #order(order: Order): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const ended = (code: number | null): void => reject(new Error(`${this.spec.node} ended with ${code}`))
    this.#process.once('message', resolve).once('exit', ended)
    this.#process.send(order)
    const answer = await promise.finally(() => this.#process.off('exit', ended).off('message', resolve))
    if (answer.kind === 'failed') throw new Error(`${this.spec.node}: ${answer.why}`)
    return answer
  }
}
