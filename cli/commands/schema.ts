/** `raftel schema`: what editors complete and check by. */
import { Command } from 'commander'
import { z } from 'zod'
import { document } from '../../node/routing/shape.ts'

export function schemaCommand(): Command {
  const plan = new Command('plan')
    .description('JSON Schema of a plan document')
    .addHelpText(
      'after',
      '\nExamples:\n  raftel schema plan > plan.schema.json\n  # and as the first line of a document: # yaml-language-server: $schema=plan.schema.json',
    )
    .action(() => void process.stdout.write(`${JSON.stringify(planSchema(), null, 2)}\n`))
  return new Command('schema').description('JSON Schema of what is written by hand, for editors').addCommand(plan)
}

export function planSchema(): object {
  const made = z.toJSONSchema(document, { io: 'input', unrepresentable: 'any' })
  return { ...(asWritten(made) as object), title: 'raftel plan document' }
}

/** Every scalar is read as it is written, so a number is a text too (node/routing/README.md); to a schema they are different things. */
function asWritten(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(asWritten)
  if (typeof node !== 'object' || node === null) return node
  const entries = Object.entries(node).map(([key, value]) => [key, asWritten(value)])
  const made = Object.fromEntries(entries) as Record<string, unknown>
  return made.type === 'string' && made.enum === undefined ? { ...made, type: ['string', 'number', 'boolean'] } : made
}
