/** Reads the log of a Jepsen test of etcd: `INFO jepsen.util - PROCESS :TYPE :FUNCTION VALUE`, one register. */

import { historyOf, type Operation, type Recorder } from './history.ts'
import type { RegisterInput, RegisterOutput } from './models.ts'

const LINE = /^INFO\s+jepsen\.util\s+-\s+(\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(.*)$/

/** Throws, with the number of the line, when one cannot be read. */
export function parseEtcd(log: string): Operation<RegisterInput, RegisterOutput>[] {
  return historyOf(log, record)
}

function record(recorder: Recorder<RegisterInput, RegisterOutput>, line: string): void {
  const found = LINE.exec(line)
  if (found === null) throw new Error(`not an operation: ${JSON.stringify(line)}`)
  const [, process, type, name, value] = found as unknown as [string, string, string, string, string]
  if (type === 'invoke') {
    recorder.call(process, '', inputOf(name, value))
    return
  }
  const asked = recorder.waiting(process)
  if (asked !== undefined && asked.kind !== name)
    throw new Error(`process ${process} asked for ${asked.kind}, not ${name}`)
  if (type === 'info') recorder.end(process, 'unknown')
  else if (type === 'ok') recorder.end(process, { kind: 'ok', output: name === 'read' ? readOf(value) : true })
  // A cas that found another value is an answer; a read or a write that failed is none.
  else recorder.end(process, name === 'cas' && value !== ':timed-out' ? { kind: 'ok', output: false } : 'did-nothing')
}

function inputOf(name: string, value: string): RegisterInput {
  if (name === 'read') return { kind: 'read' }
  if (name === 'write') return { kind: 'write', value: numberOf(value) }
  const pair = /^\[(\S+) (\S+)\]$/.exec(value)
  if (pair === null) throw new Error(`not a pair of values: ${value}`)
  return { kind: 'cas', from: numberOf(pair[1]!), to: numberOf(pair[2]!) }
}

function readOf(value: string): number | null {
  return value === 'nil' ? null : numberOf(value)
}

function numberOf(value: string): number {
  if (!/^-?\d+$/.test(value)) throw new Error(`not a number: ${value}`)
  return Number(value)
}
