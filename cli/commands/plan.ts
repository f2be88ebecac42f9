/** `raftel plan`: the documents of the routing plan that the whole cluster follows, and how they came about. */
import { Command } from 'commander'
import { whole } from '../globals.ts'
import { commit, removeDocument, rollback } from '../plan/change.ts'
import { diff, log, ls, show, validate } from '../plan/look.ts'
import { rehearse } from '../plan/rehearse.ts'
import { replay } from '../plan/replay.ts'
import { timeIn } from '../plan/time.ts'

const DOCUMENT = '--document <name>'
const WHICH = 'which document of the plan; main if none is named'
const LINEARIZABLE = 'nothing that was agreed on before is missing; needs a quorum'

export function planCommand(): Command {
  return new Command('plan')
    .description('the routing plan')
    .addCommand(validateCommand())
    .addCommand(diffCommand())
    .addCommand(testCommand())
    .addCommand(replayCommand())
    .addCommand(commitCommand())
    .addCommand(rollbackCommand())
    .addCommand(logCommand())
    .addCommand(showCommand())
    .addCommand(lsCommand())
    .addCommand(removeCommand())
}

function validateCommand(): Command {
  return new Command('validate')
    .description('say what is wrong with a document, and what is odd, beside the others in force; nothing is changed')
    .argument('<file>', 'YAML; - for stdin')
    .option(DOCUMENT, WHICH)
    .option('--limit <n>', 'so many faults and warnings are told', whole, 100)
    .addHelpText(
      'after',
      '\nExamples:\n  raftel plan validate plan.yaml\n  raftel plan validate acme.yaml --document acme -o json',
    )
    .action(validate)
}

function diffCommand(): Command {
  return new Command('diff')
    .description('what a file, or a version, would change; ends with 0: nothing, 1: something')
    .argument('[file]', 'YAML; - for stdin; compared with what is in force, or with --version')
    .option(DOCUMENT, WHICH)
    .option('--version <n>', 'a version of before; twice: these two', versions)
    .addHelpText(
      'after',
      '\nExamples:\n  raftel plan diff plan.yaml\n  raftel plan diff --version 41\n  raftel plan diff --version 41 --version 43',
    )
    .action(diff)
}

function testCommand(): Command {
  return new Command('test')
    .description('the tests that stand in the documents: those in force, or with a file in the place of one')
    .argument('[file]', 'YAML; - for stdin')
    .option(DOCUMENT, `${WHICH}; without a file all of them`)
    .option('--trace', 'of all tests why it came to that, not only of those that fail')
    .addHelpText(
      'after',
      '\nExamples:\n  raftel plan test plan.yaml\n  raftel plan test --document acme\n  raftel plan test -o json',
    )
    .action(rehearse)
}

function replayCommand(): Command {
  return new Command('replay')
    .description(
      'the last calls of all nodes, decided again with a file in the place of a document; nothing is changed',
    )
    .argument('<file>', 'YAML; - for stdin')
    .option(DOCUMENT, WHICH)
    .option('--last <n>', 'so many decisions, the newest', whole, 20_000)
    .option('--limit <n>', 'of each kind so many are listed', whole, 20)
    .option('--show <k>', 'one of those that are listed, with why', whole)
    .addHelpText(
      'after',
      '\nExamples:\n  raftel plan replay plan.yaml\n  raftel plan replay plan.yaml --show 3\n  raftel plan replay acme.yaml --document acme --last 5000 -o json',
    )
    .action(replay)
}

function commitCommand(): Command {
  return changing(new Command('commit'))
    .description('put a document in force on every node; with faults, or tests that fail, it is not, and all are told')
    .argument('<file>', 'YAML; - for stdin')
    .option(DOCUMENT, WHICH)
    .addHelpText(
      'after',
      '\nExamples:\n  raftel plan commit plan.yaml --reason "night service"\n  raftel plan commit plan.yaml --expect 3\n  raftel plan commit acme.yaml --document acme',
    )
    .action(commit)
}

function rollbackCommand(): Command {
  return changing(new Command('rollback'))
    .description('commit the text that a version had')
    .argument('<version>', 'as raftel plan log shows it', whole)
    .option(DOCUMENT, 'look that it is of this document')
    .addHelpText('after', '\nExamples:\n  raftel plan rollback 41 --reason "the night rule caught everybody"')
    .action(rollback)
}

function removeCommand(): Command {
  return changing(new Command('remove'))
    .alias('rm')
    .description('take a document out of force; its versions stay in the log')
    .argument('<document>')
    .addHelpText('after', '\nExamples:\n  raftel plan remove acme --reason "acme left"')
    .action(removeDocument)
}

function changing(command: Command): Command {
  return command
    .option('--expect <version>', 'only if this version is in force, 0: none; else that which is there now', whole)
    .option('--force', 'whatever is in force')
    .option('--reason <text>', 'why, for who reads raftel plan log')
    .option('--break-glass', 'although tests fail; needs --reason, and is written down')
}

function logCommand(): Command {
  return new Command('log')
    .description('what was committed, by whom and why, the newest first')
    .option(DOCUMENT, 'only this document')
    .option('--limit <n>', 'so many', whole, 100)
    .option('--linearizable', LINEARIZABLE)
    .addHelpText('after', '\nExamples:\n  raftel plan log\n  raftel plan log --document acme --limit 5 -o json')
    .action(log)
}

function showCommand(): Command {
  return new Command('show')
    .description('a document in force, as it was committed, or one of before')
    .option(DOCUMENT, WHICH)
    .option('--version <n>', 'as it was then', whole)
    .option('--at <time>', 'as it was in force then: 2026-11-20T03:12Z, or 2h for two hours ago', timeIn)
    .option('--linearizable', LINEARIZABLE)
    .addHelpText(
      'after',
      '\nExamples:\n  raftel plan show > plan.yaml\n  raftel plan show --version 41\n  raftel plan show --at 2026-11-20T03:12Z -o json',
    )
    .action(show)
}

function lsCommand(): Command {
  return new Command('ls')
    .alias('list')
    .description('the documents in force')
    .option('--linearizable', LINEARIZABLE)
    .addHelpText('after', '\nExamples:\n  raftel plan ls\n  raftel plan ls -o json')
    .action(ls)
}

function versions(text: string, before: readonly number[] = []): number[] {
  return [...before, whole(text)]
}
