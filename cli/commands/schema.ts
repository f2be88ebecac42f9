/** `raftel schema`: what editors complete and check by. */
import { Command } from 'commander'
import { planSchema } from '../../node/routing/shape.ts'

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
