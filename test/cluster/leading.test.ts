import test from 'ava'
import { decodeProposal, encodeProposal, stamp } from '../../cluster/codec.ts'
import { Leading } from '../../cluster/leading.ts'

const proposal = encodeProposal({ node: 'n1', incarnation: 'a', seq: 1, floor: 1 }, { type: 'call-end', id: 'c' })

function leadingAt(monotonic: number, wall: number): Leading {
  return new Leading(() => [], { now: () => monotonic, wall: () => wall })
}

function timeOf([bytes]: readonly Uint8Array[]): number {
  return decodeProposal(bytes!)!.time
}

test('a leader that has applied nothing yet goes on from the stamps in its log, whatever the clock on its wall says', (t) => {
  for (const wall of [0, 9_000_000]) {
    const leading = leadingAt(77, wall)
    const data = stamp(proposal, 5000)!
    leading.begin([
      { term: 1, index: 1, type: 'normal', data: new Uint8Array() },
      { term: 1, index: 2, type: 'normal', data },
    ])
    t.is(timeOf(leading.stamped([proposal])), 5000)
  }
})

test('the first leader of all begins with the clock on its wall', (t) => {
  const leading = leadingAt(77, 1234)
  leading.begin([{ term: 1, index: 1, type: 'normal', data: new Uint8Array() }])
  t.is(timeOf(leading.stamped([proposal])), 1234)
})

test('what a leader stamps in one turn stands in a block that has nothing else, since the log keeps all of the block', (t) => {
  const leading = leadingAt(77, 1234)
  leading.begin([])
  const stamped = leading.stamped([proposal, new Uint8Array([99]), proposal])
  t.deepEqual(stamped.map(decodeProposal), [
    decodeProposal(stamp(proposal, 1234)!),
    decodeProposal(stamp(proposal, 1234)!),
  ])
  t.deepEqual([...new Set(stamped.map(({ buffer }) => buffer.byteLength))], [2 * proposal.length])
})
