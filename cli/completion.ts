/** What can stand next on a command line: from the commands themselves, and from the cluster where a name is wanted. Pure. */
import type { Command } from 'commander'

/** Names that the cluster knows. */
export type Names =
  | 'trunks'
  | 'calls'
  | 'registrations'
  | 'users'
  | 'nodes'
  | 'bans'
  | 'documents'
  | 'tenants'
  | 'operators'
  | 'limits'
  | 'accounts'
  | 'decks'
  | 'sinks'

export interface Next {
  readonly words: readonly string[]
  /** Besides these names; null: none. */
  readonly names: Names | null
}

/** What an option names, of whatever command. */
const NAMED_BY: Readonly<Record<string, Names>> = { '--document': 'documents', '--tenant': 'tenants' }

/** By noun, and verb where verbs differ: what their first argument names. */
const NAMED: Readonly<Record<string, Names>> = {
  'trunk show': 'trunks',
  'trunk set': 'trunks',
  'trunk status': 'trunks',
  'trunk enable': 'trunks',
  'trunk disable': 'trunks',
  'trunk rm': 'trunks',
  'call show': 'calls',
  'call hangup': 'calls',
  'call explain': 'calls',
  'call trace': 'calls',
  'reg show': 'registrations',
  'user show': 'users',
  'user set': 'users',
  'user rm': 'users',
  'ban remove': 'bans',
  'route explain': 'users',
  'plan remove': 'documents',
  'tenant set': 'tenants',
  'tenant show': 'tenants',
  'tenant rm': 'tenants',
  'operator set': 'operators',
  'operator rotate': 'operators',
  'operator rm': 'operators',
  'limit set': 'limits',
  'limit show': 'limits',
  'limit rm': 'limits',
  'credit add': 'accounts',
  'credit show': 'accounts',
  'credit history': 'accounts',
  'rate import': 'decks',
  'rate show': 'decks',
  'rate rm': 'decks',
  'cdr sink pause': 'sinks',
  'cdr sink resume': 'sinks',
  'cdr sink rm': 'sinks',
  'cluster promote': 'nodes',
  'cluster remove': 'nodes',
  'cluster transfer-leader': 'nodes',
  'lab kill': 'nodes',
  'lab start': 'nodes',
}

/** `words` after the program's name; the last is the one that is being written, and may be empty. */
export function nextOf(program: Command, words: readonly string[]): Next {
  const current = words.at(-1) ?? ''
  let command = program
  const path: string[] = []
  let operands = 0
  let awaited: string | null = null
  for (const word of words.slice(0, -1)) {
    if (awaited !== null) awaited = null
    else if (word.startsWith('-')) awaited = choicesOf(command, word) === null ? null : word
    else {
      const below = operands > 0 ? undefined : command.commands.find((one) => named(one as Command, word))
      if (below) {
        command = below as Command
        path.push(command.name())
      } else operands++
    }
  }
  const choices = awaited === null ? null : choicesOf(command, awaited)
  if (choices) return { words: matching(choices, current), names: NAMED_BY[awaited ?? ''] ?? null }
  if (current.startsWith('-')) {
    const all = optionsOf(command).flatMap(({ long }) => long ?? [])
    return { words: matching([...all, '--help'], current), names: null }
  }
  if (operands > 0) return { words: [], names: null }
  const verbs = command.commands.map((one) => one.name()).filter((name) => name !== 'help')
  return { words: matching(verbs, current), names: NAMED[path.join(' ')] ?? null }
}

export function matching(all: readonly string[], current: string): string[] {
  return [...new Set(all)].filter((one) => one.startsWith(current))
}

function named(command: Command, word: string): boolean {
  return command.name() === word || command.aliases().includes(word)
}

/** What the option takes as far as that is known; null: nothing. */
function choicesOf(command: Command, word: string): readonly string[] | null {
  if (word.includes('=')) return null
  const option = optionsOf(command).find(({ short, long }) => short === word || long === word)
  return option && (option.required || option.optional) ? (option.argChoices ?? []) : null
}

/** Of the command and all above it. */
function optionsOf(command: Command): Command['options'] {
  return command.parent ? [...command.options, ...optionsOf(command.parent as Command)] : command.options
}

const WORDS = 'raftel completion words --'

export const SCRIPTS = {
  bash: `_raftel() {
  local IFS=$'\\n'
  COMPREPLY=($(${WORDS} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _raftel raftel
`,
  zsh: `#compdef raftel
_raftel() {
  local -a all
  all=("\${(@f)$(${WORDS} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n $all ]] && compadd -- $all || _files
}
compdef _raftel raftel
`,
  // Files where nothing else can stand.
  fish: `function __raftel_next
  ${WORDS} (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null
end
complete -c raftel -f -a '(__raftel_next)'
complete -c raftel -n 'not count (__raftel_next) >/dev/null' -F
`,
} as const

export type Shell = keyof typeof SCRIPTS
