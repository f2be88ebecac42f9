/** The commands of the reference's interaction environment. Each returns what went wrong, which is said even when quiet. */

import { ELECTION_TICK, HEARTBEAT_TICK, newMembers } from './addnodes.ts'
import { firstWord, integer, parseChanges, plainNumbers, refuseUnknown, truth, Unplayable } from './args.ts'
import { Cluster, complaint, type Guess } from './cluster.ts'
import type { Command } from './datadriven.ts'
import { describeProgressMap, messageTypeNamed } from './describe.ts'
import { Output } from './output.ts'

export interface Answer {
  readonly said: string
  /** The library of the recording logged into its output at these levels, which is not compared. */
  readonly logged?: readonly string[]
}

const TRANSITIONS = { auto: 'auto', implicit: 'joint-implicit', explicit: 'joint-explicit' } as const

type Handler = (command: Command) => string | undefined

/** Cannot go wrong. */
const done = (_: unknown): undefined => undefined

export class Interaction {
  readonly #out = new Output()
  readonly #cluster: Cluster

  constructor(guess: Guess) {
    this.#cluster = new Cluster(this.#out, guess)
  }

  static isCommand(name: string): boolean {
    return Object.hasOwn(new Interaction(() => true).#handlers, name)
  }

  run(command: Command): Answer {
    const logged = new Set(this.#out.logged)
    const handler = Object.hasOwn(this.#handlers, command.name) ? this.#handlers[command.name] : undefined
    const failure = handler === undefined ? 'unknown command' : handler(command)
    const said = this.#out.take()
    // A command may have changed the level, and the library may have logged before or after it did.
    for (const level of this.#out.logged) logged.add(level)
    if (failure !== undefined) return { said: said + failure, logged: [...logged] }
    return { said: said === '' ? 'ok' : said, logged: [...logged] }
  }

  readonly #handlers: Record<string, Handler> = {
    // A place for a debugger to stop at.
    _breakpoint: () => undefined,
    'log-level': (command) => this.#out.setLevel(firstWord(command)),
    'add-nodes': (command) => {
      const members = newMembers(command, this.#cluster.members.length + 1)
      if (typeof members === 'string') return members
      return done(this.#cluster.members.push(...members))
    },
    campaign: (command) => done(this.#first(command).raw.campaign()),
    compact: (command) => {
      const id = this.#id(command)
      const first = command.args[1]?.key ?? ''
      if (!/^\d+$/.test(first)) return `strconv.ParseUint: parsing ${JSON.stringify(first)}: invalid syntax`
      if (this.#first(command).storage.compact(Number(first)) === 'compacted') {
        return 'requested index is unavailable due to compaction'
      }
      return done(this.#cluster.sayLog(id))
    },
    'deliver-msgs': (command) => this.#deliver(command),
    'process-ready': (command) => this.#each(command, 'handling Ready', (id) => this.#cluster.processReady(id)),
    'process-append-thread': (command) =>
      this.#each(command, 'processing append thread', (id) => this.#cluster.processAppend(id)),
    'process-apply-thread': (command) =>
      this.#each(command, 'processing apply thread', (id) => this.#cluster.processApply(id)),
    'raft-log': (command) => done(this.#cluster.sayLog(this.#id(command))),
    'raft-state': () => done(this.#cluster.sayRoles()),
    'set-randomized-election-timeout': (command) => {
      const ticks = this.#number(command, 'timeout')
      if (ticks === 0) throw new Unplayable(command, 'timeout must not be 0')
      return done(this.#cluster.setElectionTimeout(this.#id(command), ticks))
    },
    stabilize: (command) => this.#stabilize(command),
    status: (command) => done(this.#out.write(describeProgressMap(this.#first(command).raw.status().progress))),
    'tick-election': (command) => done(this.#cluster.tick(this.#id(command), ELECTION_TICK)),
    'tick-heartbeat': (command) => done(this.#cluster.tick(this.#id(command), HEARTBEAT_TICK)),
    'transfer-leadership': (command) => {
      refuseUnknown(command, command.args, ['from', 'to'])
      const [from, to] = [this.#number(command, 'from'), this.#number(command, 'to')]
      this.#cluster.member(to)
      return done(this.#cluster.member(from).raw.transferLeader(to))
    },
    'forget-leader': (command) => done(this.#first(command).raw.forgetLeader()),
    'report-unreachable': (command) => {
      const [on, of, ...more] = plainNumbers(command)
      if (on === undefined || of === undefined || more.length > 0) {
        return 'must specify exactly two node indexes: node on which to report, and reported node'
      }
      this.#cluster.member(of)
      return done(this.#cluster.member(on).raw.reportUnreachable(of))
    },
    'send-snapshot': (command) => {
      const [from, to, ...more] = plainNumbers(command)
      if (from === undefined || to === undefined || more.length > 0) throw new Unplayable(command, 'it takes two nodes')
      return done(this.#cluster.sendSnapshot(from, to))
    },
    propose: (command) => {
      const [, data, ...more] = command.args
      if (data === undefined || data.values.length > 0 || more.length > 0) {
        throw new Unplayable(command, 'it takes a node and one word without a value')
      }
      return complaint(this.#first(command).raw.propose(new TextEncoder().encode(data.key)))
    },
    'propose-conf-change': (command) => this.#proposeConfChange(command),
  }

  #id(command: Command): number {
    return integer(command, firstWord(command), 'a node')
  }

  #first(command: Command) {
    return this.#cluster.member(this.#id(command))
  }

  #number(command: Command, key: string): number {
    return integer(command, command.args.find((arg) => arg.key === key)?.values[0], key)
  }

  #each(command: Command, what: string, work: (id: number) => void): undefined {
    refuseUnknown(command, command.args, [])
    const ids = plainNumbers(command)
    for (const id of ids) {
      if (ids.length === 1) {
        work(id)
        continue
      }
      this.#out.write(`> ${id} ${what}\n`)
      this.#out.indented(() => work(id))
    }
  }

  #stabilize(command: Command): string | undefined {
    refuseUnknown(command, command.args, ['log-level'])
    const ids = plainNumbers(command)
    const before = this.#out.level
    for (const level of command.args.flatMap(({ values }) => values)) {
      const wrong = this.#out.setLevel(level)
      if (wrong !== undefined) return wrong
    }
    this.#cluster.stabilize(ids)
    this.#out.setLevel(before)
    return undefined
  }

  #deliver(command: Command): undefined {
    refuseUnknown(command, command.args, ['type', 'drop'])
    const named = command.args.filter(({ key }) => key === 'type').flatMap(({ values }) => values)
    const type = named.map(messageTypeNamed).at(-1)
    let count = 0
    for (const { key, values } of command.args) {
      if (values.length === 0) count += this.#cluster.deliver(type, integer(command, key, 'a node'), 'deliver')
      if (key !== 'drop') continue
      for (const id of values) count += this.#cluster.deliver(type, integer(command, id, 'drop'), 'drop')
    }
    if (count === 0) this.#out.write('no messages\n')
  }

  #proposeConfChange(command: Command): string | undefined {
    let v1 = false
    let transition: keyof typeof TRANSITIONS = 'auto'
    for (const { key, values } of command.args.slice(1)) {
      for (const value of values) {
        if (key === 'v1') {
          const given = truth(value)
          if (given === undefined) return `strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`
          v1 = given
        } else if (key === 'transition') {
          if (!Object.hasOwn(TRANSITIONS, value)) return `unknown transition ${value}`
          transition = value as keyof typeof TRANSITIONS
        } else {
          return `unknown command ${key}`
        }
      }
    }
    const changes = parseChanges(command.input)
    if (typeof changes === 'string') return changes
    if (v1 && (changes.length > 1 || transition !== 'auto')) {
      return 'v1 conf change can only have one operation and no transition'
    }
    if (v1 && changes.length === 0) throw new Unplayable(command, 'a v1 change needs one change')
    const type = v1 ? 'conf-change' : 'conf-change-v2'
    return complaint(this.#first(command).raw.proposeConfChange({ transition: TRANSITIONS[transition], changes }, type))
  }
}
