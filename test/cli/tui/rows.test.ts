import test from 'ava'
import { TABLES } from '../../../cli/tui/rows.ts'
import { registration } from './made.ts'

test('a registration says whether its time is the phone’s own, at most that, or of a node that is down', (t) => {
  const { columns, tone } = TABLES.regs
  const shown = (state: string, expires = 90): string => {
    const reg = registration('alice@pbx.test', { state, expires })
    const cells = ['EXPIRES', 'STATE'].map((title) => {
      const column = columns.find((one) => one.title === title)!
      return column.cell(reg, { now: 0, elapsed: 0 } as never)
    })
    return [...cells, tone(reg)].join(' ')
  }
  t.is(shown('kept'), '01:30 kept good')
  t.is(shown('leased'), '≤01:30 leased good')
  t.is(shown('unverified'), '≤01:30 unverified warning')
  t.is(shown('kept', 0), '00:00 kept warning')
})
