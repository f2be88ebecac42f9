/** Reads a key-value history: `{:process 0, :type :invoke, :f :append, :key "k", :value "v"}`, a line an event. */

import { historyOf, type Operation, type Recorder } from './history.ts'
import type { TextInput, TextOutput } from './models.ts'

const STRING = String.raw`"(?:[^"\\]|\\.)*"`
const LINE = new RegExp(
  String.raw`^\{:process (\d+), :type :(invoke|ok|fail|info), :f :(get|put|append), :key (${STRING}), :value (${STRING}|nil)\}$`,
)

/** Throws, with the number of the line, when one cannot be read. */
export function parseKv(log: string): Operation<TextInput, TextOutput>[] {
  return historyOf(log, record)
}

function record(recorder: Recorder<TextInput, TextOutput>, line: string): void {
  const found = LINE.exec(line)
  if (found === null) throw new Error(`not an operation: ${JSON.stringify(line)}`)
  const [, process, type, kind, key, value] = found as unknown as [
    string,
    string,
    string,
    TextInput['kind'],
    string,
    string,
  ]
  if (type === 'invoke') {
    recorder.call(process, JSON.parse(key), kind === 'get' ? { kind } : { kind, value: textOf(value) })
    return
  }
  const asked = recorder.waiting(process)
  if (asked !== undefined && asked.kind !== kind)
    throw new Error(`process ${process} asked for ${asked.kind}, not ${kind}`)
  if (type === 'ok') recorder.end(process, { kind: 'ok', output: kind === 'get' ? textOf(value) : undefined })
  else recorder.end(process, type === 'info' ? 'unknown' : 'did-nothing')
}

function textOf(value: string): string {
  if (value === 'nil') throw new Error('nil is not a text')
  return JSON.parse(value)
}
