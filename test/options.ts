/** What a runner or a bench is told on its command line: whole numbers with defaults, switches, and `--help`. */
import { parseArgs } from 'node:util'

/** Numbers by their defaults, switches by `false`. */
type Defaults = Record<string, number | false>
type Options<D extends Defaults> = { readonly [K in keyof D]: D[K] extends number ? number : boolean }

/** What somebody typed wrong is one line and exit 2; `--help` prints `help` and is all that is done. */
export function optionsFor<const D extends Defaults>(
  help: string,
  defaults: D,
  args: readonly string[] = process.argv.slice(2),
): Options<D> {
  const said = saidOrMistake(defaults, args)
  if (said) return said
  console.log(help)
  process.exit(0)
}

function saidOrMistake<const D extends Defaults>(defaults: D, args: readonly string[]): Options<D> | null {
  try {
    return parse(defaults, args)
  } catch (error) {
    console.error(`${(error as Error).message} (--help says more)`)
    process.exit(2)
  }
}

/** Null: help is wanted. Throws one sentence. */
export function parse<const D extends Defaults>(defaults: D, args: readonly string[]): Options<D> | null {
  const switches = { type: 'boolean', default: false } as const
  const options = Object.entries(defaults).map(([name, value]) => [
    name,
    value === false ? switches : ({ type: 'string', default: String(value) } as const),
  ])
  const known = { ...Object.fromEntries(options), help: switches }
  const values: Record<string, unknown> = parseArgs({ args: [...args], options: known }).values
  if (values.help) return null
  const said = Object.entries(defaults).map(([name, value]) => {
    const given = values[name]
    return [name, value === false ? given : count(name, String(given))]
  })
  return Object.fromEntries(said) as Options<D>
}

function count(name: string, given: string): number {
  if (!/^\d{1,12}$/.test(given)) throw new Error(`--${name} is a whole number, not ${JSON.stringify(given)}`)
  return Number(given)
}
