import test from 'ava'
import { clock } from '../../../node/control/health.ts'

test('cluster time that lags after an outage is no fault of a clock; a clock that lags behind it is', (t) => {
  t.is(clock(-9).verdict, 'ok')
  t.like(clock(-294_000), {
    verdict: 'ok',
    detail: '294 s ahead of cluster time, which stands still without a leader',
    remedy: '',
  })
  t.like(clock(60_000), { verdict: 'warning', detail: '60 s behind cluster time' })
  t.regex(clock(60_000).remedy, /NTP/)
})
