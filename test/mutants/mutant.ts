/** A planted bug: what it stands for, where it goes, and the test that must see it. */

export interface Mutant {
  /** Short, of lower-case words and hyphens: what `--only` takes. */
  readonly name: string
  /** The bug in the field's words, with where it was seen or the section it breaks. */
  readonly why: string
  /** From the root of the project. */
  readonly file: string
  /** Each text stands in the file exactly once, and is replaced. */
  readonly edits: readonly (readonly [text: string, by: string])[]
  readonly killer: Killer
}

export interface Killer {
  /** From the root of the project. */
  readonly file: string
  /** The whole title. */
  readonly title: string
}

/** The text with all edits made; throws when one does not fit: then the sources have moved on and the mutant must follow. */
export function planted(mutant: Mutant, source: string): string {
  let text = source
  for (const [from, to] of mutant.edits) {
    const count = text.split(from).length - 1
    if (count !== 1 || from === to) {
      const said = from === to ? 'is replaced by itself' : `stands ${count} times in ${mutant.file}, not once`
      throw new Error(`mutant ${mutant.name} does not apply: the text ${JSON.stringify(from)} ${said}`)
    }
    text = text.replace(from, () => to)
  }
  return text
}
