import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { keyId, loadClusterKey, newClusterKey, open, seal } from '../../cluster/seal.ts'

test('a sealed text opens with its key, for its purpose, and in no other way', (t) => {
  const key = randomBytes(32)
  const sealed = seal(key, 'credentials', 'opensesame')
  t.is(open(key, 'credentials', sealed), 'opensesame')
  t.false(sealed.includes('opensesame'))
  t.not(seal(key, 'credentials', 'opensesame'), sealed, 'never the same twice')
  t.throws(() => open(key, 'nonce key', sealed), { message: /sealed for something else than nonce key/ })
  const other = randomBytes(32)
  t.throws(() => open(other, 'credentials', sealed), {
    message: `sealed with cluster key ${keyId(key)}, this node has ${keyId(other)}: give it the cluster's key file`,
  })
  t.throws(() => open(key, 'credentials', sealed.slice(0, -6) + 'AAAAA='), { message: /damaged/ })
  t.throws(() => open(key, 'credentials', 'v1.x'), { message: /no sealed text/ })
})

test('a key file that others can read, is missing, or holds no key is refused with what to do', async (t) => {
  const dir = await mkdtemp(path.join(tmpdir(), 'raftel-key-'))
  t.teardown(() => rm(dir, { recursive: true }))
  const file = path.join(dir, 'key')
  t.throws(() => loadClusterKey(file), { message: /copy it from another node/ })
  await writeFile(file, newClusterKey(), { mode: 0o600 })
  t.is(loadClusterKey(file).length, 32)
  await chmod(file, 0o644)
  t.throws(() => loadClusterKey(file), {
    message: `the cluster key ${file} can be read by others: run chmod 600 ${file}`,
  })
  await writeFile(file, 'short')
  await chmod(file, 0o600)
  t.throws(() => loadClusterKey(file), { message: /holds no cluster key/ })
})
