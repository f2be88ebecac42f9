/** `raftel call trace`: the SIP messages of a call, as all nodes saw them. */
import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import type { ServiceError } from '@grpc/grpc-js'
import { Command, Option } from 'commander'
import { clean } from '../../proto/text.ts'
import type { Traced__Output } from '../../proto/types/raftel/v1/Traced.ts'
import { broken, failureOf, openClient } from '../client.ts'
import { Failure, usage } from '../failure.ts'
import { type Globals, globals } from '../globals.ts'
import { ladder } from '../trace/ladder.ts'
import { type Arrow, type Seen, type Story, seenOf, storyOf } from '../trace/merge.ts'
import { mermaid } from '../trace/mermaid.ts'
import { pcap, pcapHeader, pcapRecord } from '../trace/pcap.ts'
import { raw } from '../trace/raw.ts'
import { theme } from '../tui/theme.ts'

type Format = 'ladder' | 'raw' | 'mermaid' | 'json' | 'pcap'

interface Options {
  readonly watch?: boolean
  readonly format?: Format
  readonly out?: string
}

/** What comes from several nodes is put in order before it is told. */
const HOLD_MS = 300
const COLUMNS = 80

export function traceCommand(): Command {
  return new Command('trace')
    .description('the SIP messages of a call on all nodes, decrypted; live or over')
    .argument('<id>', 'of the call, or the SIP Call-ID of one of its legs')
    .option('-w, --watch', 'then more as they pass, until the call is over or you interrupt')
    .addOption(
      new Option('--format <format>', 'how they are shown').choices(['ladder', 'raw', 'mermaid', 'json', 'pcap']),
    )
    .option('--out <file>', 'write there instead of to stdout; replaces the file')
    .addHelpText(
      'after',
      '\nExamples:\n  raftel call trace 4f1c…\n  raftel call trace 4f1c… -w --format raw\n  raftel call trace 4f1c… --format pcap --out call.pcap && tshark -r call.pcap\n  raftel call trace 4f1c… -o json',
    )
    .action(traceCall)
}

async function traceCall(id: string, options: Options, self: Command): Promise<void> {
  const given = globals(self)
  const format = formatOf(options, given)
  if (options.watch && format === 'mermaid')
    throw usage('a diagram is made of a call as a whole: leave out --watch, or take another --format')
  if (format === 'pcap' && options.out === undefined && process.stdout.isTTY)
    throw usage('a capture is no text for a terminal: give --out FILE, or pipe it into tcpdump -r -')
  const client = openClient(given)
  const to = options.out === undefined ? process.stdout : createWriteStream(options.out, { mode: 0o600 })
  let interrupted = false
  try {
    const control = await client.connection()
    const stream = control.traceCall(
      { id, follow: options.watch ?? false },
      options.watch ? {} : { deadline: Date.now() + given.timeout * 1000 },
    )
    const stop = (): void => {
      interrupted = true
      stream.cancel()
    }
    process.once('SIGINT', stop).once('SIGTERM', stop)
    const teller = options.watch ? following(to, format) : once(to, format, given)
    try {
      for await (const item of stream as AsyncIterable<Traced__Output>) teller.take(item)
    } catch (error) {
      // Interrupting is how a watch ends.
      if (!interrupted) {
        throw options.watch && broken(error as ServiceError)
          ? new Failure(
              'no quorum',
              'the node that was asked went away; trace again, it is then another node that answers',
            )
          : failureOf(error as ServiceError, given.timeout)
      }
    } finally {
      teller.end()
    }
    if (to !== process.stdout) await ended(to)
  } finally {
    client.close()
  }
}

function formatOf({ format }: Options, { output }: Globals): Format {
  if (format !== undefined) return format
  return output === 'table' ? 'ladder' : 'json'
}

/** Rejects when the file cannot be written. */
function ended(to: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    to.once('error', (error) => reject(new Failure('failed', `the file cannot be written: ${error.message}`)))
    to.end(resolve)
  })
}

interface Teller {
  take(item: Traced__Output): void
  end(): void
}

function once(to: Writable, format: Format, given: Globals): Teller {
  const seen: Seen[] = []
  return {
    take(item) {
      if (item.kind === 'NODE') sayMissing(item)
      const one = seenOf(item)
      if (one) seen.push(one)
    },
    end() {
      if (seen.length === 0) return
      const story = storyOf(seen)
      sayClocks(story)
      if (format === 'pcap') to.write(pcap(story.arrows))
      else if (format === 'mermaid') to.write(mermaid(story))
      else if (format === 'raw') for (const arrow of story.arrows) to.write(raw(arrow))
      else if (format === 'json' && given.output === 'json')
        to.write(JSON.stringify(story.arrows.map(plainly), null, 2) + '\n')
      else if (format === 'json') for (const arrow of story.arrows) to.write(JSON.stringify(plainly(arrow)) + '\n')
      else {
        const { head, rows } = ladder(story, { columns: columns(), ascii: theme(process.env).ascii })
        to.write(`${[`${day(story)} UTC`, ...head, ...rows].join('\n')}\n`)
      }
    },
  }
}

/** Tells each arrow once, when whatever might have come before it had time to. */
function following(to: Writable, format: Format): Teller {
  const seen: { readonly one: Seen; readonly since: number }[] = []
  /** How often each text was told. */
  const told = new Map<string, number>()
  let places = ''
  if (format === 'pcap') to.write(pcapHeader())
  const tell = (until: number): void => {
    if (seen.length === 0) return
    const ready = seen.filter(({ since }) => since <= until).length
    const story = storyOf(seen.slice(0, ready).map(({ one }) => one))
    const times = new Map<string, number>()
    const isNews = story.arrows.map(({ text }) => {
      const time = (times.get(text) ?? 0) + 1
      times.set(text, time)
      return time > (told.get(text) ?? 0)
    })
    for (const [text, time] of times) told.set(text, time)
    const news = story.arrows.filter((_, i) => isNews[i])
    if (news.length === 0) return
    if (format === 'pcap') for (const arrow of news) to.write(pcapRecord(arrow))
    else if (format === 'raw') for (const arrow of news) to.write(raw(arrow))
    else if (format === 'json') for (const arrow of news) to.write(JSON.stringify(plainly(arrow)) + '\n')
    else {
      const { head, rows } = ladder(story, { columns: columns(), ascii: theme(process.env).ascii })
      const now = story.places.map(({ name }) => name).join()
      to.write(`${[...(now === places ? [] : head), ...rows.filter((_, i) => isNews[i])].join('\n')}\n`)
      places = now
    }
  }
  const ticking = setInterval(() => tell(Date.now() - HOLD_MS), HOLD_MS / 2)
  return {
    take(item) {
      if (item.kind === 'NODE') sayMissing(item)
      const one = seenOf(item)
      if (one) seen.push({ one, since: Date.now() })
    },
    end() {
      clearInterval(ticking)
      tell(Number.POSITIVE_INFINITY)
    },
  }
}

function sayMissing({ node, of }: Traced__Output): void {
  if (of?.missing) process.stderr.write(`without ${clean(node)}: ${clean(of.missing)}\n`)
}

/** What is less is told by no clock. */
const AHEAD_MIN = 1_000

function sayClocks({ ahead }: Story): void {
  for (const [node, by] of ahead) {
    if (Math.abs(by) < AHEAD_MIN) continue
    const how = `${(Math.abs(by) / 1000).toFixed(1)} ms ${by > 0 ? 'ahead' : 'behind'}`
    process.stderr.write(`the clock of ${clean(node)} is ${how}, which is set right here\n`)
  }
}

function plainly({ at, label, again, ...arrow }: Arrow) {
  const { text, method, status, sdp } = label
  return { at: new Date(at / 1000).toISOString(), us: at, ...arrow, says: text, method, status, sdp, again }
}

function day({ arrows }: Story): string {
  return new Date((arrows[0]?.at ?? 0) / 1000).toISOString().slice(0, 10)
}

function columns(): number {
  return process.stdout.isTTY ? Math.max(40, process.stdout.columns || COLUMNS) : COLUMNS
}
