/** `raftel route`: what would become of a call, and why. */
import { Command } from 'commander'
import { clean } from '../../proto/text.ts'
import type { RouteExplanation__Output } from '../../proto/types/raftel/v1/RouteExplanation.ts'
import { openClient } from '../client.ts'
import { Failure } from '../failure.ts'
import { globals } from '../globals.ts'
import { MAIN, ofFile, textOf } from '../plan/document.ts'
import { timeIn } from '../plan/time.ts'
import { iso } from '../print.ts'

interface ExplainOptions {
  readonly at?: number
  readonly plan?: string
  readonly document?: string
  readonly trunk?: string
}

export function routeCommand(): Command {
  const explain = new Command('explain')
    .description('decide a call as the plan does, and say why; nobody is rung')
    .argument('<from>', 'who calls: alice@pbx.test, or with --trunk a number')
    .argument('<to>', 'what is dialled: a number, a name, or an address')
    .option('--at <time>', 'at that time, by the plan of then: 2026-12-24T18:00, or 2h ago', timeIn)
    .option('--plan <file>', 'by this document in the place of the one in force')
    .option('--document <name>', 'with --plan, which document it is; main if none is named')
    .option('--trunk <name>', 'the call comes in by this trunk')
    .addHelpText(
      'after',
      '\nExamples:\n  raftel route explain alice@pbx.test 004930123456\n  raftel route explain alice@pbx.test 1002 --at 2026-12-24T18:00 --plan plan.yaml\n  raftel route explain +4930123456 +498912345 --trunk carrier -o json',
    )
    .action(explainRoute)
  return new Command('route').description('where calls go').addCommand(explain)
}

async function explainRoute(from: string, to: string, options: ExplainOptions, self: Command): Promise<void> {
  const given = globals(self)
  const { at = 0, plan, document = MAIN, trunk = '' } = options
  const request = { from, to, at, document, trunk, ...(plan !== undefined && { text: await textOf(plan) }) }
  const client = openClient(given)
  try {
    const told = await client
      .ask<RouteExplanation__Output>((control, limits, done) => control.explainRoute(request, limits, done))
      .catch((error: unknown) => {
        throw plan === undefined ? error : ofFile(error, plan)
      })
    const { decision, steps, node } = told
    if (decision === null) throw new Failure('failed', 'the node said nothing; upgrade all nodes first')
    const { kind, outcome, rule, planVersion, emergency, trace } = decision
    if (given.output === 'table') {
      const lines = [
        `${told.from || 'nobody'} calls ${told.to} at ${iso(told.at)}`,
        `${emergency ? 'EMERGENCY: ' : ''}${outcome} (rule ${rule}, plan ${planVersion || 'none'}, node ${node})`,
        ...steps.flatMap((step, i) => [`${i + 1}. ${step.text}`, ...step.considered.map((one) => `     ${one}`)]),
        'why:',
        ...trace.map((why) => `  - ${why}`),
      ]
      process.stdout.write(lines.map((line) => `${clean(line, 1000)}\n`).join(''))
      return
    }
    const exact = JSON.parse(decision.json) as object
    const call = { from: told.from, to: told.to, at: iso(told.at), node, kind, outcome, rule, planVersion, emergency }
    const all = { ...call, steps, trace, decision: exact }
    process.stdout.write(`${JSON.stringify(all, null, given.output === 'json' ? 2 : 0)}\n`)
  } finally {
    client.close()
  }
}
