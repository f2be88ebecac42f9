import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { loadConfig, type NodeConfig, type Overrides, readConfig } from '../../node/config.ts'

const GOOD = `node: n1
data: data/n1
cluster:
  key_file: cluster.key
  nodes:
    - {name: n1, id: 1, address: 127.0.0.1:7071}
    - {name: n2, id: 2, address: 127.0.0.1:7072}
`

const complaints = (text: string, flags: Overrides = {}, env = {}): string[] => {
  const read = readConfig(text, '/etc/raftel/node.yaml', flags, env)
  return read.kind === 'ok' ? [] : read.text.split('\n').map((line) => line.replace('/etc/raftel/', ''))
}

const config = (text: string, flags: Overrides = {}, env = {}): NodeConfig => {
  const read = readConfig(text, '/etc/raftel/node.yaml', flags, env)
  if (read.kind !== 'ok') throw new Error(read.text)
  return read.config
}

test('a short file is a whole configuration, and its relative paths are relative to it', (t) => {
  const made = config(GOOD)
  t.is(made.id, 1)
  t.is(made.dataDir, '/etc/raftel/data/n1')
  t.is(made.cluster.keyFile, '/etc/raftel/cluster.key')
  t.deepEqual(made.cluster.listen, { host: '127.0.0.1', port: 7071 })
  t.deepEqual(made.control, { listen: { host: '127.0.0.1', port: 7060 }, tls: null, anonymous: null })
  t.deepEqual(made.sip.listen, [
    { transport: 'udp', host: '127.0.0.1', port: 5060 },
    { transport: 'tcp', host: '127.0.0.1', port: 5060 },
  ])
  t.deepEqual(made.media, {
    kind: 'spawn',
    binary: null,
    interface: '127.0.0.1',
    ports: [30000, 31000],
    whenDown: 'direct',
  })
  t.deepEqual(made.log, { level: 'info', file: null })
})

test('every fault is told at once with its line, unknown keys with what was probably meant', (t) => {
  const text = GOOD + 'sip:\n  lisen: []\n  listen: [udp:1.2.3.4]\nlog: {level: loud}\ncalls:\n  max: none\n'
  t.deepEqual(complaints(text), [
    'node.yaml:9:3: sip.lisen: unknown key; did you mean listen?',
    'node.yaml:10:12: sip.listen[0]: must be like udp:0.0.0.0:5060 or tcp:[::1]:5060 (udp, tcp, tls, ws or wss)',
    'node.yaml:11:14: log.level: Invalid option: expected one of "debug"|"info"|"warn"|"error"',
    'node.yaml:13:8: calls.max: Invalid input: expected number, received string',
  ])
})

test('SIP listens on TLS and WebSockets, with certificates by name', (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'raftel-config-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  for (const name of ['a.pem', 'a.key', 'b.pem', 'b.key', 'ca.pem']) writeFileSync(path.join(dir, name), '')
  const sip = (text: string) => readConfig(`${GOOD}sip:\n${text}`, path.join(dir, 'node.yaml'))
  const read = sip(`  listen: [tls:192.0.2.1:5061, "wss:[::1]:443", ws:127.0.0.1:80]
  tls:
    cert: a.pem
    key: a.key
    ca: ca.pem
    client: ask
    names: [{name: '*.b.test', cert: b.pem, key: b.key}]
`)
  if (read.kind !== 'ok') return t.fail(read.text)
  t.deepEqual(read.config.sip.listen, [
    { transport: 'tls', host: '192.0.2.1', port: 5061 },
    { transport: 'wss', host: '::1', port: 443 },
    { transport: 'ws', host: '127.0.0.1', port: 80 },
  ])
  const at = (name: string) => path.join(dir, name)
  t.deepEqual(read.config.sip.tls, {
    cert: at('a.pem'),
    key: at('a.key'),
    ca: at('ca.pem'),
    client: 'ask',
    names: [{ name: '*.b.test', cert: at('b.pem'), key: at('b.key') }],
  })

  const faults = (text: string): string[] => {
    const bad = sip(text)
    return bad.kind === 'faults' ? bad.text.replaceAll(`${dir}/`, '').split('\n') : []
  }
  t.deepEqual(faults('  listen: [udp:127.0.0.1:5060, tls:127.0.0.1:5061]\n'), [
    'node.yaml:9:32: sip.listen[1]: tls:127.0.0.1:5061 needs a certificate; add sip.tls {cert, key}',
  ])
  t.deepEqual(faults('  tls: {cert: c.pem, key: a.key, client: require}\n'), [
    "node.yaml:9:15: sip.tls.cert: cannot be read: ENOENT: no such file or directory, open 'c.pem'",
    "node.yaml:9:42: sip.tls.client: require needs sip.tls.ca, the authority of the clients' certificates",
  ])
  t.deepEqual(faults('  tls: {cert: a.pem, key: a.key, names: [{name: not a name, cert: b.pem, key: b.key}]}\n'), [
    'node.yaml:9:49: sip.tls.names[0].name: must be a name like sip.example.com, or *.example.com',
  ])
})

test('who is heard, and what is held against him, is read with its defaults, and faults are named', (t) => {
  const config = (sip: string) =>
    readConfig(`node: n1\ndata: d\ncluster: {key_file: k, listen: '127.0.0.1:1'}\n${sip}`, 'a.yaml')
  const plain = config('')
  if (plain.kind !== 'ok') return t.fail(plain.text)
  t.deepEqual(plain.config.sip.digest, { algorithms: ['SHA-512-256', 'SHA-256', 'MD5'], authInt: false })
  t.deepEqual(plain.config.sip.acl, [])
  t.like(plain.config.sip.abuse, { failures: 10, banSeconds: 3600, trusted: ['127.0.0.1', '::1'] })
  const told = config(`sip:
  listen: [udp:127.0.0.1:5060]
  acl: [{deny: [198.51.100.0/24]}, {listen: udp:127.0.0.1:5060, allow: ['2001:db8::/32']}]
  digest: {algorithms: [SHA-256], auth_int: true}
  path_from: [192.0.2.10, '2001:db8::/32']
  abuse: {failures: 3, scanners: [Evil]}
`)
  if (told.kind !== 'ok') return t.fail(told.text)
  t.deepEqual(told.config.sip.acl, [
    { listen: null, allow: [], deny: ['198.51.100.0/24'] },
    { listen: 'udp:127.0.0.1:5060', allow: ['2001:db8::/32'], deny: [] },
  ])
  t.deepEqual([plain.config.sip.pathFrom, told.config.sip.pathFrom], [[], ['192.0.2.10', '2001:db8::/32']])
  t.like(told.config.sip.abuse, { failures: 3, scanners: ['evil'] })
  t.deepEqual(told.config.sip.digest, { algorithms: ['SHA-256'], authInt: true })
  const faults = (sip: string) => {
    const read = config(sip)
    return read.kind === 'faults' ? read.text : 'none'
  }
  const pages = config('sip: {listen: [ws:127.0.0.1:5062], origins: [HTTPS://phone.pbx.test:443]}')
  t.is(plain.config.sip.origins, null)
  t.deepEqual(pages.kind === 'ok' && pages.config.sip.origins, ['https://phone.pbx.test'])
  t.regex(faults('sip: {origins: [pbx.test]}'), /sip\.origins\[0\]: must be like https:/)
  t.regex(faults('sip: {origins: [https://pbx.test]}'), /sip\.origins: no browser can connect/)
  t.regex(
    faults('sip: {origins: [https://pbx.test], engine: {host: h, secret: s}}'),
    /sip\.origins: it is the drachtio/,
  )
  t.regex(faults('sip: {acl: [{deny: [pbx.test]}]}'), /sip\.acl\[0\]\.deny\[0\]: must be a network/)
  t.regex(
    faults('sip: {acl: [{listen: tcp:127.0.0.1:9, deny: [192.0.2.1]}]}'),
    /acl\[0\]\.listen: tcp:127\.0\.0\.1:9 is not in sip\.listen/,
  )
  t.regex(
    faults('sip: {acl: [{deny: [192.0.2.1]}], engine: {host: h, secret: s}}'),
    /sip\.acl: it is the drachtio-server/,
  )
  t.regex(faults('sip: {digest: {algorithms: []}}'), /sip\.digest\.algorithms/)
})

test('what is missing is named together with what to write', (t) => {
  const said = complaints('sip: {}\n')
  t.is(said.length, 4)
  for (const key of ['node: missing', 'data: missing', 'cluster.key_file: missing', 'cluster.listen: missing']) {
    t.true(
      said.some((line) => line.includes(key)),
      key,
    )
  }
})

test('a node that is not among the nodes, and a name or address given twice, are refused where they stand', (t) => {
  t.deepEqual(complaints(GOOD.replace('node: n1', 'node: n9')), [
    'node.yaml:1:7: node: n9 is not in cluster.nodes (n1, n2); add it there, or leave cluster.nodes out if it joins a cluster that runs (docs/membership.md)',
  ])
  t.deepEqual(complaints(GOOD.replace('name: n2, id: 2', 'name: n1, id: 1')), [
    'node.yaml:7:14: cluster.nodes[1].name: n1 is given to two nodes; make it unique',
    'node.yaml:7:22: cluster.nodes[1].id: 1 is given to two nodes; make it unique',
  ])
})

test('without cluster.nodes it is the directory that knows the cluster, and others must be told an address to reach', (t) => {
  const alone = (cluster: string) => `node: n4\ndata: data/n4\ncluster: {key_file: cluster.key, ${cluster}}\n`
  const made = config(alone('listen: 127.0.0.1:7074'))
  t.is(made.id, null)
  t.deepEqual(made.cluster.nodes, [])
  t.is(made.cluster.address, '127.0.0.1:7074')
  t.is(config(GOOD).cluster.address, '127.0.0.1:7071')
  t.is(config(GOOD, { 'cluster.address': '127.0.0.1:9' }).cluster.address, '127.0.0.1:9')
  t.deepEqual(config(alone('address: 127.0.0.1:7074')).cluster.listen, { host: '127.0.0.1', port: 7074 })
  const behind = config(alone('listen: 0.0.0.0:7070, address: n4.test:7074, insecure: true'))
  t.deepEqual(behind.cluster.listen, { host: '0.0.0.0', port: 7070 })
  t.is(behind.cluster.address, 'n4.test:7074')
  for (const nowhere of ['0.0.0.0:7070', '[::]:7070', '127.0.0.1:0']) {
    t.deepEqual(complaints(alone(`listen: "${nowhere}", insecure: true`)), [
      `node.yaml:3:42: cluster.listen: other nodes cannot connect to ${nowhere}; say in cluster.address which host:port they reach this one at`,
    ])
  }
})

test('a cluster or control listener off loopback needs TLS or an explicit insecure', (t) => {
  const open = GOOD.replace('127.0.0.1:7071', '192.0.2.1:7071')
  t.deepEqual(complaints(open), [
    'node.yaml:6:34: cluster.nodes[0].address: 192.0.2.1:7071 is not loopback and has no TLS; add cluster.tls {ca, cert, key}, or cluster.insecure: true',
  ])
  t.deepEqual(complaints(open.replace('  key_file', '  insecure: true\n  key_file')), [])
  t.regex(complaints(GOOD + 'control: {listen: 0.0.0.0:7060}\n')[0] ?? '', /^node\.yaml:8:19: control\.listen: /)
  const tls = 'control: {listen: 0.0.0.0:7060, tls: {ca: ca.pem, cert: n1.pem, key: n1.key}}\n'
  t.deepEqual(config(GOOD + tls).control.tls, {
    ca: '/etc/raftel/ca.pem',
    cert: '/etc/raftel/n1.pem',
    key: '/etc/raftel/n1.key',
  })
})

test('a flag wins over the environment, the environment over the file, the file over the default', (t) => {
  const text = GOOD + 'log: {level: warn}\n'
  t.is(config(GOOD).log.level, 'info')
  t.is(config(text).log.level, 'warn')
  t.is(config(text, {}, { RAFTEL_LOG_LEVEL: 'error' }).log.level, 'error')
  t.is(config(text, { 'log.level': 'debug' }, { RAFTEL_LOG_LEVEL: 'error' }).log.level, 'debug')
  const sip = config(GOOD, {}, { RAFTEL_SIP_LISTEN: 'udp:127.0.0.1:6000, tcp:127.0.0.1:6001', RAFTEL_CALLS_MAX: '7' })
  t.deepEqual(
    sip.sip.listen.map((one) => one.port),
    [6000, 6001],
  )
  t.is(sip.calls.max, 7)
})

test('how long registrations last is set within bounds that fit together, also by the environment', (t) => {
  const usual = { minExpires: 60, defaultExpires: 3600, maxExpires: 7200, jitterPercent: 15, leaseSeconds: 1800 }
  t.deepEqual(config(GOOD).sip.registration, usual)
  const text = GOOD + 'sip: {registration: {min_expires: 30, lease_seconds: 900}}\n'
  const env = { RAFTEL_SIP_REGISTRATION_LEASE_SECONDS: '600', RAFTEL_SIP_REGISTRATION_JITTER_PERCENT: '0' }
  t.deepEqual(config(text, {}, env).sip.registration, { ...usual, minExpires: 30, leaseSeconds: 600, jitterPercent: 0 })
  const wrong = GOOD + 'sip: {registration: {lease_seconds: 59, jitter_percent: 51}}\n'
  t.is(complaints(wrong).length, 2)
  t.regex(complaints(wrong)[0] ?? '', /sip.registration.lease_seconds: .*60/)
  t.regex(
    complaints(GOOD, {}, { RAFTEL_SIP_REGISTRATION_MAX_EXPIRES: '600' })[0] ?? '',
    /default_expires: 3600 is not from min_expires \(60\) to max_expires \(600\); choose one between$/,
  )
  t.regex(
    complaints(GOOD + 'sip: {registration: {min_expires: 100, max_expires: 90}}\n')[0] ?? '',
    /max_expires: 90 is below min_expires \(100\)/,
  )
})

test('a fault from the environment or a flag names the variable or the flag', (t) => {
  t.regex(complaints(GOOD, {}, { RAFTEL_LOG_LEVEL: 'loud' })[0] ?? '', /^RAFTEL_LOG_LEVEL: /)
  t.regex(complaints(GOOD, { 'calls.max': 'many' })[0] ?? '', /^--set calls.max: /)
  t.regex(complaints(GOOD, { 'log.level': 'loud' })[0] ?? '', /^--log-level: /)
  t.regex(complaints(GOOD, {}, { RAFTEL_CONTROL_LISTEN: '0.0.0.0:1' })[0] ?? '', /RAFTEL_CONTROL_LISTEN: .*no TLS/)
})

test('a key that no flag may set is refused, with the one that was meant', (t) => {
  t.deepEqual(complaints(GOOD, { 'calls.maxx': '7' }), ['--set calls.maxx: unknown key; did you mean calls.max?'])
  t.regex(complaints(GOOD, { 'control.insecure': 'true' })[0] ?? '', /unknown key; known here: node, data, .*log.file$/)
})

test('an external engine needs one secret, an external relay its host and port', async (t) => {
  t.regex(complaints(GOOD + 'sip: {engine: {host: 127.0.0.1}}\n')[0] ?? '', /exactly one of secret and secret_file/)
  t.regex(complaints(GOOD + 'sip: {engine: {host: h, secret_file: nowhere}}\n')[0] ?? '', /cannot be read/)
  t.is(complaints(GOOD + 'media: {mode: external}\n').length, 2)
  t.regex(complaints(GOOD + 'media: {ports: 31000-30000}\n')[0] ?? '', /no range of at least 4 ports/)

  const dir = await mkdtemp(path.join(tmpdir(), 'raftel-config-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  writeFileSync(path.join(dir, 'secret'), 'kept apart\n')
  writeFileSync(path.join(dir, 'node.yaml'), GOOD + 'sip: {engine: {host: 127.0.0.1, secret_file: secret}}\n')
  const read = loadConfig(path.join(dir, 'node.yaml'), {}, {})
  if (read.kind !== 'ok') return t.fail(read.text)
  t.deepEqual(read.config.sip.engine, { kind: 'external', host: '127.0.0.1', port: 9022, secret: 'kept apart' })
})

test('a file that is not there is one clear fault', (t) => {
  const read = loadConfig('/nowhere/node.yaml', {}, {})
  t.true(read.kind === 'faults' && /^\/nowhere\/node\.yaml: cannot be read: ENOENT/.test(read.text))
})
