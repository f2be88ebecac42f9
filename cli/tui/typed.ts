/** What Ink reports of a key press, as the names that keys.ts uses. */
import type { Key } from 'ink'

const NAMED = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'esc'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['delete', 'backspace'],
] as const satisfies readonly (readonly [keyof Key, string])[]

/** Pasted or fast typing comes as one text: each character is a key. */
export function keysOf(text: string, key: Key): string[] {
  const named = NAMED.find(([flag]) => key[flag])
  if (named) return [named[1]]
  if (key.ctrl) return [`ctrl-${text}`]
  if (key.meta) return []
  return [...text].map(nameOf).filter((name) => name.length > 1 || name >= ' ')
}

function nameOf(character: string): string {
  const code = character.charCodeAt(0)
  return CONTROLS[character] ?? (code >= 1 && code <= 26 ? `ctrl-${String.fromCharCode(code + 96)}` : character)
}

const CONTROLS: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\x08': 'backspace',
  '\x7f': 'backspace',
}
