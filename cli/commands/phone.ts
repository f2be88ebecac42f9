/** `raftel phone`: one phone from the command line, for synthetic calls that say whether they were heard. */
import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { readAor, readHop } from '../../node/phone/identity.ts'
import { type CallReport, type Phone, type PhoneOptions, startPhone } from '../../node/phone/phone.ts'
import { readWav } from '../../node/phone/wav.ts'
import { Failure, usage } from '../failure.ts'
import { globals, seconds, whole } from '../globals.ts'
import { type Format, record } from '../print.ts'

interface Options {
  readonly aor: string
  readonly registrar: string
  readonly passwordStdin?: boolean
  readonly passwordFile?: string
  readonly call?: string
  readonly peer?: string
  readonly seconds: number
  readonly play?: string
  readonly expect?: string
  readonly record?: string
  readonly answer: 'auto' | 'no' | 'busy'
  readonly count?: number
  readonly for?: number
  readonly expires: number
  readonly host?: string
}

const passwordMax = 1024
const wavMax = 128 * 1024 * 1024

export function phoneCommand(): Command {
  return new Command('phone')
    .description('register a phone, call or answer, and say whether the other side was heard')
    .requiredOption('--aor <name@domain>', 'who the phone is')
    .requiredOption('--registrar <host:port>', 'the node it registers at; add ;transport=tcp for TCP')
    .option('--password-stdin', 'read the password from stdin, one line')
    .option('--password-file <file>', 'read the password from the first line of a file')
    .option('--call <target>', 'whom to call: name@domain, a number, or a sip: URI; without it the phone answers')
    .option('--peer <name@domain>', "whose signature to listen for, if that is not the target's")
    .addOption(new Option('--seconds <seconds>', 'how long a call lasts').default(10).argParser(seconds))
    .option('--play <file>', 'WAV to play over and over; by default a signature of the address')
    .option('--expect <file>', "WAV that must be heard; by default the peer's signature")
    .option('--record <file>', 'write what was heard as WAV')
    .addOption(new Option('--answer <how>', 'what to do when called').choices(['auto', 'no', 'busy']).default('auto'))
    .addOption(new Option('--count <n>', 'end after so many calls; 1 when calling').argParser(whole))
    .addOption(new Option('--for <seconds>', 'end after so long').argParser(seconds))
    .addOption(new Option('--expires <seconds>', 'how long a registration is asked for').default(300).argParser(whole))
    .option('--host <address>', 'own address; by default the one that leads to the registrar')
    .addHelpText('after', examples)
    .action(run)
}

async function run(options: Options, self: Command): Promise<void> {
  const format = globals(self).output
  if (!readAor(options.aor)) throw usage(`${options.aor} is no address; write --aor alice@pbx.test`)
  if (!readHop(options.registrar)) throw usage(`${options.registrar} is no host:port; write --registrar 127.0.0.1:5060`)
  const password = await passwordOf(options)

  const left = Promise.withResolvers<void>()
  let finished = 0
  const phone = await startPhone({
    ...(await soundOf(options)),
    aor: options.aor,
    password,
    registrar: options.registrar,
    answer: options.answer === 'busy' ? { busy: true } : options.answer,
    expires: options.expires,
    log: stderrLog,
    onReport(report) {
      print(format, report)
      finished++
      if (!options.call && options.count && finished >= options.count) left.resolve()
    },
  }).catch((error: Error) => {
    throw new Failure('failed', `the phone cannot start: ${error.message}`)
  })

  const leave = () => left.resolve()
  process.once('SIGINT', leave)
  process.once('SIGTERM', leave)
  const limit = options.for ? setTimeout(leave, options.for * 1000) : null
  try {
    const result = await phone.register()
    if (result.kind === 'refused') throw notRegistered(options, result.status)
    if (!options.call) await left.promise
    else if (!(await callAll(phone, options, left.promise))) process.exitCode = 1
  } finally {
    if (limit) clearTimeout(limit)
    process.off('SIGINT', leave)
    process.off('SIGTERM', leave)
    await phone.close()
  }
}

/** One call after the other; true if every one was answered and heard. */
async function callAll(phone: Phone, options: Options, left: Promise<void>): Promise<boolean> {
  let leaving = false
  void left.then(() => {
    leaving = true
    for (const call of phone.calls()) call.hangUp()
  })
  const peer = options.peer ? { peer: options.peer } : {}
  let good = true
  for (let n = options.count ?? 1; n > 0 && !leaving; n--) {
    const report = await phone.call(options.call!, { seconds: options.seconds, ...peer })
    good &&= report.answered && report.heard
  }
  return good
}

function print(format: Format, report: CallReport): void {
  process.stdout.write(record(format, { ...report }))
}

function notRegistered({ aor, registrar }: Options, status: number): Failure {
  if (status === 401 || status === 403 || status === 407)
    return new Failure('forbidden', `${registrar} refuses ${aor} (${status}): check the password and the user`)
  if (status === 408) return new Failure('timeout', `${registrar} does not answer: check the address and the transport`)
  if (status === 404) return new Failure('not found', `${registrar} does not know ${aor}: raftel user add ${aor}`)
  return new Failure('failed', `${registrar} did not register ${aor}: ${status}`)
}

async function passwordOf({ passwordStdin, passwordFile }: Options): Promise<string> {
  if (passwordStdin && passwordFile) throw usage('give either --password-stdin or --password-file FILE')
  if (passwordFile) return firstLine(await fileOf(passwordFile, passwordMax))
  if (!passwordStdin) throw usage('give --password-stdin or --password-file FILE')
  let text = ''
  for await (const chunk of process.stdin) {
    text += String(chunk)
    if (text.includes('\n') || text.length > passwordMax) break
  }
  return firstLine(Buffer.from(text))
}

function firstLine(text: Buffer): string {
  const line = text.toString('utf8').split(/\r?\n/)[0]!
  if (line === '' || line.length > passwordMax) throw usage(`a password has 1 to ${passwordMax} characters`)
  return line
}

async function soundOf(options: Options): Promise<Partial<PhoneOptions>> {
  return {
    ...(options.play ? { play: await wavOf(options.play) } : {}),
    ...(options.expect ? { expect: await wavOf(options.expect) } : {}),
    ...(options.record ? { record: options.record } : {}),
    ...(options.host ? { host: options.host } : {}),
  }
}

async function wavOf(file: string): Promise<Int16Array> {
  const read = readWav(await fileOf(file, wavMax))
  if (read.kind === 'unreadable') throw usage(`${file}: ${read.reason}`)
  return read.samples
}

async function fileOf(file: string, bytesMax: number): Promise<Buffer> {
  const bytes = await readFile(file).catch((error: Error) => {
    throw usage(`${file} cannot be read: ${error.message}`)
  })
  if (bytes.length > bytesMax) throw usage(`${file} is longer than ${bytesMax} bytes`)
  return bytes
}

/** stdout is for reports; trouble goes where it can be seen without spoiling them. */
const say = (fields: object, message: string) => void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`)
const stderrLog = { debug() {}, info() {}, warn: say, error: say }

const examples = `
Prints one record for each call that ended. When calling, exits 0 only if every call was answered and heard.

Examples:
  raftel phone --aor alice@pbx.test --password-file alice.txt \\
    --registrar 127.0.0.1:5060 --call bob@pbx.test -o ndjson
  raftel phone --aor bob@pbx.test --password-file bob.txt \\
    --registrar '127.0.0.1:5070;transport=tcp' --for 60
  raftel phone --aor alice@pbx.test --password-stdin \\
    --registrar 127.0.0.1:5060 --call 1001 --peer bob@pbx.test`
