/** `raftel certs`: a small authority for a lab or a first cluster. No node is asked. */
import { isIP } from 'node:net'
import path from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { CA_DAYS, DAYS, DAYS_MAX, type Given, give, initCa, listGiven, read } from '../certs/authority.ts'
import { usage } from '../failure.ts'
import { globals, whole } from '../globals.ts'
import { type Format, list, record } from '../print.ts'

interface Options {
  readonly name: string
  readonly days: number
  readonly force?: boolean
  readonly host: readonly string[]
}

export function certsCommand(): Command {
  const init = verb('init', 'make an authority: ca.pem, which every machine gets, and ca.key, which stays here')
    .addOption(new Option('--name <cluster>', 'whose authority it is').default('raftel').argParser(clusterName))
    .addOption(daysOption(CA_DAYS))
    .option('--force', 'replace the one that is there; no certificate it gave is good any more')
    .addHelpText('after', examples('init --dir /etc/raftel-ca --name pbx'))
    .action((options: Options, self: Command) => {
      made(self, initCa(dirOf(self), options.name, options.days, options.force === true, Date.now()))
    })
  const node = verb('node', 'certificate of a node: it listens with it, and calls the others with it')
    .argument('<name>', 'as in cluster.nodes')
    .requiredOption('--host <host...>', 'DNS names and IP addresses that other nodes and the command line connect to')
    .addOption(daysOption(DAYS))
    .option('--force', 'replace the one that is there: this is how it is renewed')
    .addHelpText(
      'after',
      examples(
        'node n1 --dir /etc/raftel-ca --host n1.pbx.test 192.0.2.1 127.0.0.1',
        'node n1 --dir /etc/raftel-ca --host 192.0.2.1 --days 90 --force',
      ),
    )
    .action((name: string, options: Options, self: Command) => issue(self, 'node', name, options))
  const client = verb('client', 'certificate of an operator, for the command line; no node can run with it')
    .argument('<name>', 'who uses it')
    .addOption(daysOption(DAYS))
    .option('--force', 'replace the one that is there: this is how it is renewed')
    .addHelpText('after', examples('client alice --dir /etc/raftel-ca --days 30'))
    .action((name: string, options: Options, self: Command) => issue(self, 'operator', name, { ...options, host: [] }))
  const ls = verb('ls', 'all certificates of the directory; exit 1 when one has expired')
    .addHelpText('after', examples('ls --dir /etc/raftel-ca', 'ls --dir /etc/raftel -o json'))
    .action((_: object, self: Command) => {
      const all = listGiven(dirOf(self), Date.now())
      process.stdout.write(list(globals(self).output, COLUMNS, all))
      warn(all)
    })
  const show = verb('show', 'one certificate; exit 1 when it has expired')
    .argument('<name>')
    .addHelpText('after', examples('show n1 --dir /etc/raftel-ca'))
    .action((name: string, _: object, self: Command) => {
      const one = read(dirOf(self), fileName(name), Date.now())
      process.stdout.write(shown(globals(self).output, one))
      warn([one])
    })
  const certs = new Command('certs').description('certificates: a small authority for a lab and for first use')
  for (const one of [init, node, client, ls, show]) certs.addCommand(one)
  return certs
}

const COLUMNS = [
  { title: 'NAME', text: (one: Given) => one.name },
  { title: 'ROLE', text: (one: Given) => one.role },
  { title: 'SUBJECT', text: (one: Given) => one.subject },
  { title: 'HOSTS', text: (one: Given) => one.hosts.join(' ') || '-' },
  { title: 'EXPIRES', text: (one: Given) => one.expires.slice(0, 10) },
  { title: 'STATE', text: (one: Given) => one.state },
  { title: 'FINGERPRINT', text: (one: Given) => one.fingerprint },
]

const HOSTS_MAX = 64

function verb(name: string, about: string): Command {
  return new Command(name).description(about)
}

function issue(self: Command, role: 'node' | 'operator', name: string, options: Options): void {
  const { days, force } = options
  const hosts = options.host.map(hostName)
  if (hosts.length > HOSTS_MAX) throw usage(`a certificate is for at most ${HOSTS_MAX} hosts`)
  const order = { name: fileName(name), role, hosts: [...new Set(hosts)], days, force: force === true }
  if (order.name === 'ca') throw usage('ca is the name of the authority itself; choose another')
  const one = give(dirOf(self), order, Date.now())
  const asked = Date.now() + days * 86_400_000
  if (Date.parse(one.expires) < asked - 86_400_000) {
    note(
      `${one.name} ends with its authority, on ${one.expires.slice(0, 10)}; raftel certs init --force makes a new one`,
    )
  }
  made(self, one)
}

function made(self: Command, one: Given): void {
  process.stdout.write(shown(globals(self).output, one))
}

function shown(format: Format, one: Given): string {
  if (format === 'table') return record(format, { ...one, hosts: one.hosts.join(' ') || null })
  return JSON.stringify(one, null, format === 'ndjson' ? 0 : 2) + '\n'
}

function warn(all: readonly Given[]): void {
  for (const { name, role, state, from, expires } of all) {
    if (state === 'valid') continue
    const again = role === 'ca' ? 'init' : role === 'node' ? `node ${name}` : `client ${name}`
    const remedy =
      role === 'other' ? 'its authority must issue it again' : `issue it again: raftel certs ${again} --force`
    if (state === 'expired') note(`${name} has expired on ${expires.slice(0, 10)}; ${remedy}`)
    else if (state === 'expires soon') note(`${name} expires soon, on ${expires.slice(0, 10)}; ${remedy}`)
    else note(`${name} is valid from ${from} on; look at the clock of this machine`)
  }
  if (all.some((one) => one.state === 'expired')) process.exitCode = 1
}

/** No directory is assumed: keys should not be left where nobody looks for them. */
function dirOf(self: Command): string {
  const { dir } = globals(self)
  if (dir === undefined) throw usage('name the directory of the certificates with --dir')
  return path.resolve(dir)
}

function fileName(text: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(text)) throw usage(`${text} is no name: it must be 1 to 32 of a-z, 0-9 and -`)
  return text
}

function hostName(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1')
  if (isIP(bare) && !bare.includes('%')) return bare
  if (
    text.length <= 253 &&
    /^(?!\d+(\.\d+)*$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(text)
  ) {
    return text.toLowerCase()
  }
  throw usage(`${text} is no host: write a DNS name or an IP address, without a port`)
}

function clusterName(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,47}$/.test(text)) {
    throw new InvalidArgumentError('It must be 1 to 48 letters, digits, spaces and . _ -')
  }
  return text
}

function daysOption(standard: number): Option {
  return new Option('--days <count>', 'how long it is valid').default(standard).argParser((text: string) => {
    const days = whole(text)
    if (days < 1 || days > DAYS_MAX) throw new InvalidArgumentError(`It must be 1 to ${DAYS_MAX} days.`)
    return days
  })
}

function examples(...lines: string[]): string {
  return '\nExamples:\n' + lines.map((line) => `  raftel certs ${line}`).join('\n')
}

/** What is no data. */
function note(text: string): void {
  process.stderr.write(`raftel: ${text}\n`)
}
