/** What a shell offers after a tab, asked of the real ones with the script that they are given. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const SHELLS = ['bash', 'zsh', 'fish'] as const

/** In order; of zsh what its function gives to `compadd`, as it completes only on a terminal. `bin`: where `raftel` is. */
export async function tabbed(shell: string, script: string, line: string, bin: string): Promise<string[]> {
  const words = `raftel ${line}`.split(' ')
  const quoted = words.map((word) => `'${word}'`).join(' ')
  const asked: Readonly<Record<string, string>> = {
    bash: `${script}\nCOMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _raftel; printf '%s\\n' "\${COMPREPLY[@]}"`,
    zsh: `compdef() { :; }\ncompadd() { shift; print -l -- "$@"; }\n_files() { :; }\n${script}\nwords=(${quoted}); CURRENT=${words.length}; _raftel`,
    fish: `${script}\ncomplete -C 'raftel ${line}'`,
  }
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` }
  const { stdout } = await run(shell, ['-c', asked[shell]!], { env })
  // Fish tells beside a word what it is.
  return stdout
    .split('\n')
    .map((one) => one.split('\t')[0]!)
    .filter((one) => one !== '')
    .sort()
}
