/** A real baresip, headless, in a namespace of the test or on loopback: it plays one WAV and records what it hears. */
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Host } from './namespaces.ts'

export interface BaresipOptions {
  readonly host: Host
  /** By default those of a host that it has to itself. */
  readonly ports?: BaresipPorts
  readonly folder: string
  readonly user: string
  readonly domain: string
  readonly password: string
  /** `address:port` of the node it registers at. */
  readonly registrar: string
  readonly transport: 'udp' | 'tcp'
  /** WAV, 8 kHz mono; baresip hangs up where it ends. */
  readonly play: string
  /** By default every call is answered at once. */
  readonly answer?: 'auto' | 'manual'
  /** Keeps the SIP that it sends and hears; read it from `sip()`. */
  readonly trace?: boolean
}

export interface BaresipPorts {
  readonly sip: number
  readonly control: number
  /** The first and the last for RTP and RTCP. */
  readonly media: readonly [number, number]
}

export interface Baresip {
  /** Waits for a line of its log, or of the events it tells over its control port. */
  until(pattern: RegExp, boundMs: number): Promise<string>
  command(command: string, params?: string): void
  /** All that it printed so far, with every SIP message when it was asked for. */
  sip(): string
  /** Calls that came to it so far. */
  rung(): number
  /** Path of the WAV with what it heard in its last call; null before the first. */
  heard(): string | null
  close(): Promise<void>
}

const PORTS: BaresipPorts = { sip: 5070, control: 4444, media: [40_000, 40_100] }

export async function startBaresip(options: BaresipOptions): Promise<Baresip> {
  const { host, user, domain, ports = PORTS } = options
  const folder = path.join(options.folder, user)
  const recordings = path.join(folder, 'heard')
  mkdirSync(recordings, { recursive: true })
  writeFileSync(path.join(folder, 'config'), configuration(host.address, ports, options.play, recordings))
  writeFileSync(path.join(folder, 'contacts'), '')
  const account = [
    `<sip:${user}@${domain};transport=${options.transport}>`,
    `auth_user=${user}`,
    `auth_pass=${options.password}`,
    `outbound="sip:${options.registrar};transport=${options.transport}"`,
    'audio_codecs=PCMU/8000/1,PCMA/8000/1',
    'regint=600',
    `answermode=${options.answer ?? 'auto'}`,
  ]
  writeFileSync(path.join(folder, 'accounts'), account.join(';') + '\n')

  const child = host.spawn('baresip', options.trace ? ['-f', folder, '-s'] : ['-f', folder])
  const log = collect(child)
  let control: ReturnType<typeof openControl> | null = null
  try {
    await log.until(/baresip is ready/, 20_000)
    control = openControl(host, ports.control, log)
    // What happens before somebody listens to its events is never told.
    control.send({ command: 'uuid', token: 'open' })
    await log.until(/"token":"open"/, 20_000)
  } catch (error) {
    control?.close()
    child.kill('SIGTERM')
    throw error
  }
  const { send, close } = control
  return {
    until: log.until,
    command: (command, params) => send({ command, params: params ?? '', token: 't' }),
    sip: log.text,
    // One that answers by itself does not tell of ringing, but of all that follows.
    rung: () => new Set(log.all(/"direction":"incoming".*"id":"([^"]+)"/)).size,
    heard: () => {
      // They are named by when they began.
      const files = readdirSync(recordings).filter((file) => file.endsWith('-dec.wav'))
      const name = files.sort().at(-1)
      return name === undefined ? null : path.join(recordings, name)
    },
    close: async () => {
      close()
      const gone = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await gone
    },
  }
}

function configuration(address: string, ports: BaresipPorts, play: string, recordings: string): string {
  const modules = ['g711', 'aufile', 'sndfile'].map((name) => `module ${name}.so`)
  return [
    'poll_method epoll',
    `sip_listen ${address}:${ports.sip}`,
    'call_local_timeout 120',
    'call_max_calls 4',
    'audio_path /usr/share/baresip',
    `audio_source aufile,${play}`,
    `audio_player aufile,${path.join(recordings, 'player.wav')}`,
    'audio_alert aufile,/dev/null',
    'ausrc_srate 8000',
    'auplay_srate 8000',
    'ausrc_channels 1',
    'auplay_channels 1',
    `rtp_ports ${ports.media.join('-')}`,
    'jitter_buffer_delay 2-5',
    'rtp_stats yes',
    `net_interface ${address}`,
    'module_path /usr/lib/baresip/modules',
    ...modules,
    'module_tmp uuid.so',
    'module_tmp account.so',
    'module_app menu.so',
    'module_app ctrl_tcp.so',
    `ctrl_tcp_listen 127.0.0.1:${ports.control}`,
    `snd_path ${recordings}`,
    '',
  ].join('\n')
}

interface Log {
  add(text: string): void
  text(): string
  /** What the first group of the pattern is in each line that has it. */
  all(pattern: RegExp): string[]
  until(pattern: RegExp, boundMs: number): Promise<string>
}

function collect(child: ChildProcess): Log {
  const lines: string[] = []
  const waiting = new Set<() => void>()
  const add = (text: string): void => {
    lines.push(...text.split('\n').filter(Boolean))
    for (const check of waiting) check()
  }
  let printed = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString('latin1')
    add(chunk.toString())
  })
  child.stderr?.on('data', (chunk: Buffer) => add(chunk.toString()))
  child.on('close', (code) => add(`baresip ended with ${code}`))
  const until = (pattern: RegExp, boundMs: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const line = lines.find((one) => pattern.test(one))
        if (line === undefined) return
        clearTimeout(bound)
        waiting.delete(check)
        resolve(line)
      }
      const bound = setTimeout(() => {
        waiting.delete(check)
        reject(new Error(`no ${pattern} within ${boundMs} ms in:\n${lines.slice(-40).join('\n')}`))
      }, boundMs)
      waiting.add(check)
      check()
    })
  const all = (pattern: RegExp): string[] => lines.flatMap((line) => pattern.exec(line)?.[1] ?? [])
  return { add, text: () => printed, all, until }
}

/** Its control port is on its host's own loopback, so a small process in there passes netstrings through. */
function openControl(host: Host, port: number, log: Log): { send(command: object): void; close(): void } {
  const pipe = `const s=require('net').connect(${port},'127.0.0.1');process.stdin.pipe(s);s.pipe(process.stdout)`
  const child = host.spawn(process.execPath, ['-e', pipe], { stdin: 'pipe' })
  child.stderr?.on('data', (chunk: Buffer) => log.add(chunk.toString()))
  child.stdout?.on('data', (chunk: Buffer) => log.add(chunk.toString().replace(/\d+:\{/g, '\n{')))
  return {
    send: (command) => {
      const text = JSON.stringify(command)
      child.stdin?.write(`${Buffer.byteLength(text)}:${text},`)
    },
    close: () => {
      child.stdin?.end()
      child.kill('SIGTERM')
    },
  }
}
