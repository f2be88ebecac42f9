/** A secret that is given on stdin, so that it stands in no list of processes and in no history. */
import { Failure } from './failure.ts'

const LINE_MAX = 1024
const LINE_END = 10

/** The first line, without its end. Anything after it is not looked at. */
export async function secretOfStdin(what = 'password'): Promise<string> {
  let bytes = Buffer.alloc(0)
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes = Buffer.concat([bytes, chunk])
    if (bytes.includes(LINE_END) || bytes.length > LINE_MAX) break
  }
  const end = bytes.indexOf(LINE_END)
  const line = (end < 0 ? bytes : bytes.subarray(0, end)).toString('latin1').replace(/\r$/, '')
  if (line === '') throw new Failure('failed', `stdin has no ${what}; give it as one line`)
  if (line.length > LINE_MAX) throw new Failure('failed', `the ${what} is longer than ${LINE_MAX} bytes`)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(line, 'latin1'))
  } catch {
    // A phone would send other bytes than those that were stored, and never be let in.
    throw new Failure('failed', `the ${what} is not UTF-8; write it in UTF-8, as phones do (RFC 7616)`)
  }
}
