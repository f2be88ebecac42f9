/** What an environment has to say, as long as it is not told to be quiet. */

const LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', 'NONE']

export class Output {
  #text = ''
  #level = 0

  /** Quiet: nothing is said but failures. */
  get quiet(): boolean {
    return this.#level === LEVELS.length - 1
  }

  /** The names of the levels below which the reference's library logs into the output. */
  get logged(): readonly string[] {
    return LEVELS.slice(this.#level, LEVELS.indexOf('ERROR'))
  }

  get level(): number {
    return this.#level
  }

  /** Takes a name in any case, or what `level` said; returns what is wrong. */
  setLevel(to: string | number): string | undefined {
    const level = typeof to === 'number' ? to : LEVELS.indexOf(to.toUpperCase())
    if (level < 0) return `log levels must be either of [${LEVELS.join(' ')}]`
    this.#level = level
    return undefined
  }

  write(text: string): void {
    if (!this.quiet) this.#text += text
  }

  /** Everything that `work` says is set in by two blanks, a whole line each. */
  indented<T>(work: () => T): T {
    const before = this.#text
    this.#text = ''
    const result = work()
    const lines = this.#text.replace(/\n$/, '').split('\n')
    this.#text = before + (this.#text === '' ? '' : lines.map((line) => `  ${line}\n`).join(''))
    return result
  }

  take(): string {
    const text = this.#text
    this.#text = ''
    return text
  }
}
