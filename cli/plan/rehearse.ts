/** test: what the tests of plan documents come to. */
import type { Command } from 'commander'
import { clean } from '../../proto/text.ts'
import type { TestResult__Output } from '../../proto/types/raftel/v1/TestResult.ts'
import type { TestResults__Output } from '../../proto/types/raftel/v1/TestResults.ts'
import { openClient } from '../client.ts'
import { EXIT } from '../failure.ts'
import { globals } from '../globals.ts'
import { MAIN, ofFile, textOf } from './document.ts'

export interface RehearseOptions {
  readonly document?: string
  readonly trace?: boolean
}

export async function rehearse(file: string | undefined, options: RehearseOptions, self: Command): Promise<void> {
  const given = globals(self)
  const { document = file === undefined ? '' : MAIN } = options
  const request = { document, ...(file !== undefined && { text: await textOf(file) }) }
  const client = openClient(given)
  try {
    const { rows, failed } = await client
      .ask<TestResults__Output>((control, limits, done) => control.testPlan(request, limits, done))
      .catch((error: unknown) => {
        throw ofFile(error, file ?? 'plan')
      })
    if (given.output === 'table') process.stdout.write(rows.map((row) => said(row, options.trace ?? false)).join(''))
    else {
      const all = rows.map(({ decision, ...row }) => {
        return { ...row, outcome: decision?.outcome ?? '', rule: decision?.rule ?? '', trace: decision?.trace ?? [] }
      })
      if (given.output === 'json')
        process.stdout.write(`${JSON.stringify({ tests: rows.length, failed, rows: all }, null, 2)}\n`)
      else process.stdout.write(all.map((row) => `${JSON.stringify(row)}\n`).join(''))
    }
    if (given.output === 'table') {
      const sum = rows.length === 0 ? 'there are no tests' : `${rows.length - failed} ok, ${failed} FAILED`
      process.stdout.write(`${sum}\n`)
    }
    if (failed > 0) process.exitCode = EXIT.failed
  } finally {
    client.close()
  }
}

function said({ document, name, ok, why, decision }: TestResult__Output, all: boolean): string {
  const lines = [`${ok ? 'ok    ' : 'FAILED'}  ${document}: ${name}: ${decision?.outcome ?? ''}`]
  if (!ok) lines.push(...why.map((line) => `          ${line}`))
  if (!ok || all) lines.push(...(decision?.trace ?? []).map((line) => `          - ${line}`))
  return lines.map((line) => `${clean(line, 1000)}\n`).join('')
}
