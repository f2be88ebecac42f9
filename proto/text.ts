/**
 * Text that came from somewhere else, made safe to show in a terminal, a log line or a CSV cell.
 * Control characters (C0, C1, DEL: escape sequences begin with one), bidirectional overrides and zero-width characters
 * are spelled out as \xNN or \u{NNNN}; the length is capped.
 */
export function clean(text: string, max = 256): string {
  const cut = text.length > max ? text.slice(0, max - 1) + '…' : text
  return UNSAFE.test(cut) ? cut.replace(UNSAFE_ALL, spell) : cut
}

const RANGES =
  '\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ud800-\\udfff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff9-\\ufffb'
const UNSAFE = new RegExp(`[${RANGES}]`)
const UNSAFE_ALL = new RegExp(`[${RANGES}]`, 'g')

function spell(character: string): string {
  const code = character.charCodeAt(0)
  return code < 256 ? '\\x' + code.toString(16).padStart(2, '0') : '\\u{' + code.toString(16) + '}'
}
