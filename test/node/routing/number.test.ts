/** What is dialled in a country, and what it is everywhere. */
import test from 'ava'
import { normalForm } from '../../../node/routing/number.ts'

const forms = (country: string | undefined, ...numbers: string[]) => numbers.map((one) => normalForm(one, country))

test('national and international numbers have one form, and extensions have none', (t) => {
  t.deepEqual(forms('DE', '03012341000', '004930 12341000'.replace(' ', ''), '+493012341000', '030-1234-1000'), [
    '+493012341000',
    '+493012341000',
    '+493012341000',
    '+493012341000',
  ])
  t.deepEqual(forms('DE', '1001', '110', '4930123456', 'alice', '', '*72', '++49', '+'), Array(8).fill(null))
  t.deepEqual(forms('US', '2125550100', '12125550100', '011493012341000'), [
    '+12125550100',
    '+12125550100',
    '+493012341000',
  ])
  t.deepEqual(forms('US', '5550100', '1001'), [null, null])
  t.deepEqual(forms('ES', '912345678', '1001'), ['+34912345678', null])
})

test('where no country is said, only what begins with a plus is a number of the world', (t) => {
  t.deepEqual(forms(undefined, '+493012341000', '03012341000', '+0301', '+1'), ['+493012341000', null, null, null])
  t.deepEqual(forms('XX', '+493012341000', '03012341000'), ['+493012341000', null])
})
