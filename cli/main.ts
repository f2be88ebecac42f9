/** The command line: one catch for everything that goes wrong. */
import { CommanderError } from 'commander'
import { EXIT, Failure, type Kind, sayFailure } from './failure.ts'
import type { Format } from './print.ts'
import { build } from './program.ts'

export async function main(args: readonly string[]): Promise<void> {
  // They are for those who write programs. One comes with every TLS connection to an IP address (DEP0123, by grpc-js).
  process.noDeprecation = true
  // A reader that goes away (`| head`) ends the command, quietly.
  process.stdout.on('error', () => process.exit(0))
  const program = await build(args)
  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    fail(error, formatOf(args))
  }
}

function fail(error: unknown, format: Format): void {
  if (error instanceof CommanderError) {
    // Help and version were asked for and printed; help that stands in for a missing verb was not.
    if (error.exitCode === 0) return
    const said = error.message.replace(/^error: /, '')
    say('usage', said === '(outputHelp)' ? 'name what to do, as shown above' : `${said}; see --help`, format)
  } else if (error instanceof Failure) {
    say(error.kind, error.message, format)
  } else if (isOfFiles(error)) {
    say('failed', `${error.message}; name another file or directory`, format)
  } else {
    say('failed', `this is a bug: ${(error as Error)?.stack ?? String(error)}`, format)
  }
}

/** What a file system refuses is the user's to mend. */
function isOfFiles(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'path' in error
}

function say(kind: Kind, message: string, format: Format): void {
  process.stderr.write(sayFailure(kind, message, format) + '\n')
  process.exitCode = EXIT[kind]
}

/** The arguments may be what is wrong, so this does not depend on their being parsed. */
function formatOf(args: readonly string[]): Format {
  const at = args.findIndex((one) => one === '-o' || one === '--output')
  const text = at >= 0 ? args[at + 1] : args.find((one) => /^(-o|--output=)(json|ndjson)$/.test(one))
  if (text?.endsWith('ndjson')) return 'ndjson'
  return text?.endsWith('json') ? 'json' : 'table'
}

await main(process.argv.slice(2))
