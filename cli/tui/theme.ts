/**
 * States and how they look. Each state has a symbol; colour only repeats what the symbol says, so that a screen
 * without colour tells the same.
 */
export type Tone = 'plain' | 'dim' | 'good' | 'warning' | 'bad' | 'accent'

export interface Theme {
  readonly colour: boolean
  readonly ascii: boolean
}

/** NO_COLOR: any value but '' (no-color.org). RAFTEL_ASCII=1, a dumb terminal or a locale other than UTF-8: ASCII only. */
export function theme(env: Readonly<Record<string, string | undefined>>): Theme {
  const dumb = env.TERM === 'dumb'
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  return {
    colour: !dumb && !env.NO_COLOR,
    ascii: dumb || env.RAFTEL_ASCII === '1' || (locale !== '' && !/utf-?8/i.test(locale)),
  }
}

const COLOURS = { good: 'green', warning: 'yellow', bad: 'red', accent: 'cyan' } as const

/** The terminal's own colour for it; undefined: whatever its text has. */
export function colour(tone: Tone, { colour }: Theme): string | undefined {
  return colour && tone !== 'plain' && tone !== 'dim' ? COLOURS[tone] : undefined
}

const SYMBOLS = { good: ['●', '*'], warning: ['▲', '!'], bad: ['✖', 'x'], plain: ['○', 'o'] } as const

/** One column wide. */
export function symbol(tone: Tone, { ascii }: Theme): string {
  const pair = SYMBOLS[tone === 'dim' || tone === 'accent' ? 'plain' : tone]
  return pair[ascii ? 1 : 0]
}

/** The few drawing characters of the frame. */
export function glyphs({ ascii }: Theme) {
  return ascii
    ? { cursor: '>', rule: '-', up: '^', down: 'v', ellipsis: '~', none: '-' }
    : { cursor: '›', rule: '─', up: '↑', down: '↓', ellipsis: '…', none: '–' }
}
