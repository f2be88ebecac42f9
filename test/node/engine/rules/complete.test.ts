import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { withVectors } from '../../../vectors.ts'
import { EXCUSED } from './excused.ts'

withVectors(
  test,
  'sip/checklists',
  'each of the 96 rules has a test of its name, or a sentence why it has none',
  (t, folder) => {
    const rules = [...readFileSync(path.join(folder, 'rfc-musts.md'), 'utf8').matchAll(/^\| ([A-Z]\d\d) \|/gm)].map(
      (m) => m[1]!,
    )
    t.is(new Set(rules).size, 96)
    const node = path.join(import.meta.dirname, '..', '..')
    const files = readdirSync(node, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'))
    const titles = files.flatMap((name) => [
      ...readFileSync(path.join(node, name), 'utf8').matchAll(
        /^\s*(?:test\(|withVectors\([\s\S]{0,60}?)'([A-Z]\d\d): /gm,
      ),
    ])
    const tested = new Set(titles.map((m) => m[1]!))
    t.deepEqual(
      rules.filter((id) => !tested.has(id) && !EXCUSED[id]),
      [],
      'neither tested nor excused',
    )
    t.deepEqual(
      Object.keys(EXCUSED).filter((id) => tested.has(id) || !rules.includes(id)),
      [],
      'excused although tested, or no rule',
    )
    t.deepEqual(
      [...tested].filter((id) => !rules.includes(id)),
      [],
      'no rule',
    )
  },
)
