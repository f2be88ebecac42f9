import test from 'ava'
import { z } from 'zod'
import { readYaml, sayFaults, YAML_BYTES_MAX } from '../../node/yaml.ts'

const schema = z.strictObject({
  name: z.string(),
  port: z.number().int().max(65535).default(5060),
  nodes: z.array(z.strictObject({ id: z.string(), weight: z.number().optional() })).default([]),
})

const complaints = (text: string): string[] => {
  const read = readYaml(text, schema)
  return read.kind === 'ok' ? [] : sayFaults('f.yaml', read.faults).split('\n')
}

test('a good document is its value, and every value has its line', (t) => {
  const read = readYaml('name: a\nnodes:\n  - id: n1\n  - id: n2\n', schema)
  if (read.kind !== 'ok') return t.fail()
  t.deepEqual(read.value, { name: 'a', port: 5060, nodes: [{ id: 'n1' }, { id: 'n2' }] })
  t.deepEqual(read.lineOf(['nodes', 1, 'id']), { line: 4, column: 9 })
  t.deepEqual(read.lineOf(['nodes', 1, 'weight']), { line: 4, column: 5 }, 'what is missing is where it would be')
})

test('every fault is told at once, in the order of the document, with line, column and path', (t) => {
  const said = complaints('name: 7\nprot: 5\nnodes:\n  - id: n1\n    wieght: 2\n  - weight: x\nzzzzzz: 1\n')
  t.deepEqual(said, [
    'f.yaml:1:7: name: Invalid input: expected string, received number',
    'f.yaml:2:1: prot: unknown key; did you mean port?',
    'f.yaml:5:5: nodes[0].wieght: unknown key; did you mean weight?',
    'f.yaml:6:5: nodes[1].id: Invalid input: expected string, received undefined',
    'f.yaml:6:13: nodes[1].weight: Invalid input: expected number, received string',
    'f.yaml:7:1: zzzzzz: unknown key; known here: name, port, nodes',
  ])
})

test('a key given twice, a tag and a syntax error are refused where they stand', (t) => {
  t.deepEqual(complaints('name: a\nname: b\n'), ['f.yaml:2:1: name: this key is given twice; keep one'])
  t.regex(complaints('name: !secret a\n')[0] ?? '', /^f\.yaml:1:7: Unresolved tag/)
  t.regex(complaints('name: [a\n')[0] ?? '', /^f\.yaml:\d+:\d+: /)
})

test('aliases that multiply, deep nesting and oversize are refused, and quickly', (t) => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefgh']
    .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefg'[i]}`).join(',')}]\n`)
    .join('')}`
  t.regex(complaints(bomb)[0] ?? '', /alias/i)
  t.regex(complaints('['.repeat(500_000))[0] ?? '', /nested/)
  t.regex(complaints('[\n'.repeat(300_000))[0] ?? '', /./)
  t.regex(complaints('- '.repeat(300_000))[0] ?? '', /./)
  t.is(complaints(Array.from({ length: 60_000 }, (_, i) => `key${i}: 1`).join('\n')).length, 101)
  t.regex(complaints('#'.repeat(YAML_BYTES_MAX + 1))[0] ?? '', /larger than/)
})

test('scalars may be read as written: a telephone number keeps its zeros and its plus', (t) => {
  const read = readYaml('- 0049\n- +49\n- 1_0\n- true\n', z.array(z.string()), { scalars: 'text' })
  t.deepEqual(read.kind === 'ok' && read.value, ['0049', '+49', '1_0', 'true'])
})

test('the keys of a mapping cannot reach a prototype', (t) => {
  t.true(complaints('name: a\n__proto__: { port: 1 }\n').length > 0)
  t.is(({} as { port?: number }).port, undefined)
})
