import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { fileSink } from '../../../node/cdr/file.ts'
import type { Told } from '../../../proto/cdr.ts'
import { cdr, cdrs } from './rows.ts'

function folder(t: ExecutionContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-cdr-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

function linesIn(dir: string): string[] {
  return readdirSync(dir)
    .sort()
    .flatMap((file) => readFileSync(path.join(dir, file), 'utf8').split('\n').slice(0, -1))
}

const seqsIn = (dir: string): number[] => linesIn(dir).map((line) => (JSON.parse(line) as Told).seq)

test('a file a day, each record on a line; who begins anew writes nothing twice', async (t) => {
  const dir = folder(t)
  const target = path.join(dir, 'made')
  const open = () => fileSink({ name: 'f', kind: 'jsonl', target, lineage: '' })
  const first = open()
  t.deepEqual(await first.deliver(cdrs(1, 4)), { kind: 'taken', refused: [] })
  await first.deliver(cdrs(3, 7))
  await first.close()
  const second = open()
  await second.deliver(cdrs(2, 9))
  await second.close()
  t.deepEqual(readdirSync(target).sort(), ['f-2026-11-28.jsonl', 'f-2026-11-29.jsonl'])
  t.deepEqual(seqsIn(target), [1, 2, 3, 4, 5, 6, 7, 8, 9])
  t.like(JSON.parse(linesIn(target)[0] ?? ''), { id: 'call-1', answeredAt: '2026-11-28T23:59:00.000Z', duration: 60 })
})

test('wherever a process was cut off in what it wrote, every record is there once after it', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('jsonl' as const, 'csv' as const), fc.nat(), async (kind, cut) => {
      const dir = mkdtempSync(path.join(tmpdir(), 'raftel-cdr-'))
      try {
        const open = () => fileSink({ name: 'f', kind, target: dir, lineage: '' })
        const before = open()
        await before.deliver(cdrs(1, 8))
        await before.close()
        // As if it had died in the middle of its last batch, records 4 to 8: some of what it wrote did not reach the disk.
        const last = path.join(dir, `f-2026-11-29.${kind}`)
        truncateSync(last, cut % (readFileSync(last).length + 1))
        const after = open()
        await after.deliver(cdrs(6, 12))
        await after.close()
        const lines = linesIn(dir).filter((line) => !line.startsWith('seq,'))
        const seqs = kind === 'jsonl' ? seqsIn(dir) : lines.map((line) => Number((parse(line) as string[][])[0]?.[0]))
        if (kind === 'csv') {
          const heads = linesIn(dir).filter((line) => line.startsWith('seq,')).length
          if (heads !== 2) throw new Error(`${heads} heads in 2 files`)
        }
        t.deepEqual(
          seqs,
          Array.from({ length: 12 }, (_, i) => i + 1),
        )
      } finally {
        rmSync(dir, { recursive: true })
      }
    }),
    { numRuns: 60 },
  )
})

test('CSV is read back as it was, and no text of a caller is a formula there', async (t) => {
  const dir = folder(t)
  const sink = fileSink({
    name: 'f',
    kind: 'csv',
    target: dir,
    lineage: '',
    fields: ['from', 'dialled', 'decision', 'cost'],
  })
  await sink.deliver([
    cdr(1, { from: '=HYPERLINK("http://evil.test")', dialled: '+4930123', decision: ['a, "b"'] }),
    cdr(2, { from: '@SUM(1)', dialled: '-1', cost: { amount: 12_000, currency: 'EUR' } }),
  ])
  await sink.close()
  const rows = parse(readFileSync(path.join(dir, 'f-2026-11-28.csv')), { columns: true })
  t.deepEqual(rows, [
    {
      seq: '1',
      id: 'call-1',
      from: `'=HYPERLINK("http://evil.test")`,
      dialled: '+4930123',
      decision: '["a, \\"b\\""]',
      cost: '',
    },
    {
      ...{ seq: '2', id: 'call-2', from: "'@SUM(1)", dialled: "'-1", decision: '["1002 is bob@pbx.test"]' },
      cost: '{"amount":12000,"currency":"EUR"}',
    },
  ])
})

test('a directory that cannot be written is trouble and no end; a file of another sink or founding is not touched', async (t) => {
  const dir = folder(t)
  writeFileSync(path.join(dir, 'file'), '')
  const blocked = fileSink({ name: 'f', kind: 'jsonl', target: path.join(dir, 'file', 'x'), lineage: '' })
  const delivered = await blocked.deliver([cdr(1)])
  t.is(delivered.kind, 'down')
  const old = fileSink({ name: 'f', kind: 'jsonl', target: dir, lineage: '' })
  await old.deliver(cdrs(1, 5))
  await old.close()
  const restored = fileSink({ name: 'f', kind: 'jsonl', target: dir, lineage: 'again' })
  await restored.deliver(cdrs(3, 4))
  await restored.close()
  t.is(readFileSync(path.join(dir, 'f-2026-11-28.again.jsonl'), 'utf8').split('\n').length, 3)
  t.is(readFileSync(path.join(dir, 'f-2026-11-28.jsonl'), 'utf8').split('\n').length, 6)
})
