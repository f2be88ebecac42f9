/**
 * Software that tests talk to and this project did not write. A test names what it needs; where something is missing
 * the test is skipped by name, and on CI (CI set in the environment) it runs and fails instead.
 */
import { accessSync, constants, globSync } from 'node:fs'
import path from 'node:path'
import type { TestFn } from 'ava'

/** Program → Debian package that brings it. */
export const PEERS = {
  sipp: 'sip-tester',
  baresip: 'baresip-core',
  rtpengine: 'rtpengine-daemon',
  tmux: 'tmux',
  ip: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
  openssl: 'openssl',
  tcpdump: 'tcpdump',
  script: 'bsdutils',
  strace: 'strace',
  faketime: 'faketime',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  initdb: 'postgresql',
} as const

/** `root` is no program: network namespaces and small file systems need it. */
export type Peer = keyof typeof PEERS | 'root'

export function missing(peers: readonly Peer[]): Peer[] {
  return peers.filter((peer) => (peer === 'root' ? process.getuid?.() !== 0 : which(peer) === null))
}

/** Where it is. Not in node_modules, which npm puts on the PATH: some package there has a program `nft` of its own. */
export function which(program: string): string | null {
  const folders = (process.env.PATH ?? '').split(':').filter((folder) => !folder.includes('node_modules'))
  // Debian has those of PostgreSQL in a folder of their version.
  const databases = globSync('/usr/lib/postgresql/*/bin')
  for (const folder of [...folders, '/usr/sbin', '/sbin', ...databases]) {
    const file = path.join(folder, program)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // Not in this folder.
    }
  }
  return null
}

/** `needing(test, 'sipp', 'rtpengine')('a sentence', async (t) => …)` */
export function needing<Context>(
  test: TestFn<Context>,
  ...peers: Peer[]
): Pick<TestFn<Context>, 'serial'> & TestFn<Context> {
  const absent = missing(peers)
  if (absent.length === 0 || process.env.CI) return test
  console.error(`SKIPPED for want of ${absent.join(', ')} (apt-get install ${packages(absent).join(' ')}):`)
  const skip = ((title: string, run: never) => {
    console.error(`  - ${title}`)
    test.skip(title, run)
  }) as unknown as TestFn<Context>
  return Object.assign(skip, { serial: skip }) as unknown as TestFn<Context>
}

export function packages(peers: readonly Peer[]): string[] {
  return peers.flatMap((peer) => (peer === 'root' ? [] : [PEERS[peer]]))
}
