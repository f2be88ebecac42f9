/** `raftel engine`: the SIP engine alone, as a process to which drachtio-srf applications connect. */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import type { Logger } from 'pino'
import { CertificateError, type Engine, ListenError, startEngine } from '../../node/engine/engine.ts'
import { parseHostPort } from '../../node/engine/parser/headers.ts'
import type { CertificateFiles } from '../../node/engine/transport/certificates.ts'
import { isSecure } from '../../node/engine/transport/flow.ts'
import { type ListenPoint, readListenPoint, transportNames } from '../../node/engine/transport/listen.ts'
import { type RequestHandler, readHandler } from '../../node/engine/wire/handlers.ts'
import { openLogger } from '../../node/log.ts'
import { Failure, usage } from '../failure.ts'
import { globals } from '../globals.ts'
import { signalled } from '../signalled.ts'

const CLIENTS = ['none', 'ask', 'require'] as const
const LEVELS = ['error', 'warn', 'info', 'debug'] as const
const SECRET_MAX = 1024

interface Given {
  readonly listen: string
  readonly sipTlsCert?: string
  readonly sipTlsKey?: string
  readonly sipTlsCa?: string
  readonly sipTlsClient: (typeof CLIENTS)[number]
  readonly drachtio: string
  readonly secret?: string
  readonly secretFile?: string
  readonly advertise?: string
  readonly cdrs?: true
  readonly httpHandler?: readonly string[]
  readonly httpMethod: 'GET' | 'POST'
  readonly drachtioTlsCert?: string
  readonly drachtioTlsKey?: string
  readonly routeKeyFile?: string
  readonly logLevel: (typeof LEVELS)[number]
}

export function engineCommand(): Command {
  return new Command('engine')
    .description(
      'the SIP engine alone, for applications on drachtio-srf, until SIGTERM; a second signal ends it at once',
    )
    .requiredOption('--listen <point,…>', `where SIP is heard: ${transportNames.join(', ')}, like udp:0.0.0.0:5060`)
    .option(
      '--sip-tls-cert <file>',
      'certificate for tls and wss, PEM, with its intermediates; read again when it changes',
    )
    .option('--sip-tls-key <file>', 'its key')
    .option('--sip-tls-ca <file>', 'authorities of clients, and of servers that the engine connects to')
    .addOption(
      new Option('--sip-tls-client <what>', 'whether a client at tls must show a certificate of --sip-tls-ca')
        .choices(CLIENTS)
        .default('none'),
    )
    .option('--drachtio <host:port>', 'where applications connect', '127.0.0.1:9022')
    .option(
      '--secret <text>',
      'what applications must know; others on this machine see it, better is one of the next two',
    )
    .option('--secret-file <file>', 'a file that holds it; else RAFTEL_ENGINE_SECRET does')
    .option('--advertise <host>', 'the host in Via and Contact instead of the one listened on')
    .option('--cdrs', 'applications that route cdr:attempt, cdr:start or cdr:stop hear of every call')
    .option(
      '--http-handler <[verb=]url>',
      'ask this http or https URL what becomes of each request of this verb, or of all; or the tcp:// or tls:// address of an application that listens; repeatable',
      (one: string, before: readonly string[] = []) => [...before, one],
    )
    .addOption(new Option('--http-method <method>', 'how it is asked').choices(['GET', 'POST']).default('GET'))
    .option(
      '--drachtio-tls-cert <file>',
      'certificate for applications, PEM: they connect with TLS alone; read again when it changes',
    )
    .option('--drachtio-tls-key <file>', 'its key')
    .option(
      '--route-key-file <file>',
      'keeps the key that signs Record-Route, so that proxied calls outlive a restart; made when it is missing',
    )
    .addOption(new Option('--log-level <level>', 'what is written to stderr').choices(LEVELS).default('info'))
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run(given: Given, command: Command): Promise<void> {
  const listen = listenPoints(given.listen)
  const drachtio = hostPort('--drachtio', given.drachtio)
  const secret = secretOf(given, process.env)
  const log = openLogger('engine', given.logLevel, null)
  if (given.secret !== undefined) log.warn({}, '--secret is visible to everybody on this machine: use --secret-file')
  if (given.drachtioTlsCert === undefined && !/^(127\.|::1$|localhost$)/.test(drachtio.host))
    log.warn({ drachtio }, 'applications may connect from other machines, and what they say is not encrypted')
  const { advertise, cdrs = false } = given
  const handlers = (given.httpHandler ?? []).map((one) => handler(one, given.httpMethod))
  const tls = appsTls(given)
  const phones = tlsOf(given, listen)
  const routeKey = given.routeKeyFile === undefined ? null : keyIn(given.routeKeyFile)
  const engine = await start(() =>
    startEngine({
      listen,
      drachtio: { ...drachtio, ...(tls && { tls }) },
      secret,
      handlers,
      ...(phones && { tls: phones }),
      ...(routeKey && { routeKey }),
      log,
      cdrs,
      ...(advertise === undefined ? {} : { advertise }),
    }),
  )
  say(engine, globals(command).output, log)
  await signalled()
  // A second signal: no goodbyes.
  const insist = (): void => process.exit(130)
  process.on('SIGTERM', insist).on('SIGINT', insist)
  await engine.close()
  log.info({}, 'this engine has stopped')
  process.exit(0)
}

async function start(open: () => Promise<Engine>): Promise<Engine> {
  try {
    return await open()
  } catch (error) {
    if (error instanceof ListenError || error instanceof CertificateError) throw new Failure('failed', error.message)
    throw error
  }
}

/** One line, when all listeners are open: scripts wait for it. */
function say({ listening, drachtio }: Engine, format: string, log: Logger): void {
  log.info({ listening, drachtio }, 'this engine listens')
  const points = listening.map((p) => `${p.transport}:${hostText(p.host)}:${p.port}`)
  const apps = `${hostText(drachtio.host)}:${drachtio.port}`
  const text =
    format === 'table'
      ? `listening on ${points.join(', ')}; applications connect to ${apps}`
      : JSON.stringify({ listening: points, drachtio: apps })
  process.stdout.write(`${text}\n`)
}

function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function listenPoints(text: string): ListenPoint[] {
  return text.split(',').map((one) => {
    const point = readListenPoint(one.trim())
    if (!point)
      throw usage(`--listen ${one}: write ${transportNames.join(' or ')} with a host and a port, like udp:0.0.0.0:5060`)
    return point
  })
}

function hostPort(option: string, text: string): { host: string; port: number } {
  const free = text.endsWith(':0')
  const read = parseHostPort(free ? text.slice(0, -2) : text)
  const port = free ? 0 : (read?.port ?? null)
  if (!read || port === null) throw usage(`${option} ${text}: write host:port, like 127.0.0.1:9022`)
  return { host: read.host, port }
}

function handler(text: string, method: 'GET' | 'POST'): RequestHandler {
  const read = readHandler(text, method)
  if (!read)
    throw usage(`--http-handler ${text}: write a URL, like invite=http://127.0.0.1:8080/route or tcp://127.0.0.1:9021`)
  return read
}

/** Files are read by the engine, which says what is wrong with them. */
function tlsOf(
  { sipTlsCert: cert, sipTlsKey: key, sipTlsCa: ca, sipTlsClient: client }: Given,
  listen: readonly ListenPoint[],
) {
  const secure = listen.find(({ transport }) => isSecure(transport))
  if (cert === undefined && key === undefined && !secure) return null
  if (cert === undefined || key === undefined)
    throw usage(`${secure?.transport ?? 'TLS'} needs a certificate: give --sip-tls-cert and --sip-tls-key`)
  if (client !== 'none' && ca === undefined)
    throw usage(`--sip-tls-client ${client} needs --sip-tls-ca, the authority of the clients' certificates`)
  return { cert, key, client, ...(ca !== undefined && { ca }) }
}

function appsTls({ drachtioTlsCert: cert, drachtioTlsKey: key }: Given): CertificateFiles | null {
  if (cert === undefined && key === undefined) return null
  if (cert === undefined || key === undefined)
    throw usage('TLS for applications needs both --drachtio-tls-cert and --drachtio-tls-key')
  return { cert, key }
}

/** 32 bytes in hexadecimal digits; written at the first start. */
function keyIn(file: string): Buffer {
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
  const text = readFileSync(file, 'utf8').trim()
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new Failure('failed', `${file} holds no key; remove it, and a new one is made`)
  return Buffer.from(text, 'hex')
}

/** --secret, else the file, else the environment. Line breaks at the end of a file are not part of it. */
function secretOf({ secret, secretFile }: Given, env: NodeJS.ProcessEnv): string {
  if (secret !== undefined && secretFile !== undefined) throw usage('--secret and --secret-file: give one of them')
  const found = secret ?? (secretFile === undefined ? env.RAFTEL_ENGINE_SECRET : readFileSync(secretFile, 'utf8'))
  if (found === undefined) throw usage('applications need a secret: give --secret-file, or RAFTEL_ENGINE_SECRET')
  const text = found.replace(/[\r\n]+$/, '')
  // It is a field between bars on one line.
  if (text === '' || text.length > SECRET_MAX || /[|\r\n]/.test(text))
    throw usage(`the secret must be 1 to ${SECRET_MAX} characters without bars and line breaks`)
  return text
}

const EXAMPLES = `
Examples:
  RAFTEL_ENGINE_SECRET=cymru raftel engine --listen udp:127.0.0.1:5060,tcp:127.0.0.1:5060
  raftel engine --listen udp:0.0.0.0:5060,tcp:0.0.0.0:5060 --advertise 192.0.2.1 --secret-file /etc/raftel/engine.secret
  raftel engine --listen tls:0.0.0.0:5061,wss:0.0.0.0:443 --sip-tls-cert sip.pem --sip-tls-key sip.key --secret-file engine.secret
  raftel engine --listen udp:127.0.0.1:5060 --secret-file engine.secret --http-handler invite=http://127.0.0.1:8080/route
  raftel engine --listen udp:[::1]:5060 --drachtio 127.0.0.1:9022 --secret-file engine.secret -o json

What is the same as with drachtio-server, and what is not: docs/engine.md`
