/** A real baresip, headless, in a namespace of the test: it plays one WAV and records what it hears. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Host } from './namespaces.ts'

export interface BaresipOptions {
  readonly host: Host
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

export interface Baresip {
  /** Waits for a line of its log, or of the events it tells over its control port. */
  until(pattern: RegExp, boundMs: number): Promise<string>
  command(command: string, params?: string): void
  /** All that it printed so far, with every SIP message when it was asked for. */
  sip(): string
  /** Path of the WAV with what it heard; null before the first call. */
  heard(): string | null
  close(): Promise<void>
}

const SIP_PORT = 5070
const CONTROL_PORT = 4444

export async function startBaresip(options: BaresipOptions): Promise<Baresip> {
  const { host, user, domain } = options
  const folder = path.join(options.folder, user)
  const recordings = path.join(folder, 'heard')
  mkdirSync(recordings, { recursive: true })
  writeFileSync(path.join(folder, 'config'), configuration(host.address, options.play, recordings))
  writeFileSync(path.join(folder, 'contacts'), '')
  const account = [
    `<sip:${user}@${domain};transport=${options.transport}>`,
    `auth_user=${user}`,
    `auth_pass=${options.password}`,
    `outbound="sip:${options.registrar};transport=${options.transport}"`,
    'audio_codecs=PCMU/8000/1',
    'regint=600',
    `answermode=${options.answer ?? 'auto'}`,
  ]
  writeFileSync(path.join(folder, 'accounts'), account.join(';') + '\n')

  const child = host.spawn('baresip', options.trace ? ['-f', folder, '-s'] : ['-f', folder])
  const log = collect(child)
  await log.until(/baresip is ready/, 10_000)
  const control = openControl(host, log)
  return {
    until: log.until,
    command: (command, params) => control.send({ command, params: params ?? '', token: 't' }),
    sip: log.text,
    heard: () => {
      const name = readdirSync(recordings).find((file) => file.endsWith('-dec.wav'))
      return name === undefined ? null : path.join(recordings, name)
    },
    close: async () => {
      control.close()
      const gone = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await gone
    },
  }
}

function configuration(address: string, play: string, recordings: string): string {
  const modules = ['g711', 'aufile', 'sndfile'].map((name) => `module ${name}.so`)
  return [
    'poll_method epoll',
    `sip_listen ${address}:${SIP_PORT}`,
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
    'rtp_ports 40000-40100',
    'jitter_buffer_delay 2-5',
    'rtp_stats yes',
    'net_interface eth0',
    'module_path /usr/lib/baresip/modules',
    ...modules,
    'module_tmp uuid.so',
    'module_tmp account.so',
    'module_app menu.so',
    'module_app ctrl_tcp.so',
    `ctrl_tcp_listen 127.0.0.1:${CONTROL_PORT}`,
    `snd_path ${recordings}`,
    '',
  ].join('\n')
}

interface Log {
  add(text: string): void
  text(): string
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
  return { add, text: () => printed, until }
}

/** Its control port is on its namespace's own loopback, so a small process in there passes netstrings through. */
function openControl(host: Host, log: Log): { send(command: object): void; close(): void } {
  const pipe = `const s=require('net').connect(${CONTROL_PORT},'127.0.0.1');process.stdin.pipe(s);s.pipe(process.stdout)`
  const child = spawn('ip', ['netns', 'exec', host.name, process.execPath, '-e', pipe], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdout.on('data', (chunk: Buffer) => log.add(chunk.toString().replace(/\d+:\{/g, '\n{')))
  return {
    send: (command) => {
      const text = JSON.stringify(command)
      child.stdin.write(`${Buffer.byteLength(text)}:${text},`)
    },
    close: () => {
      child.stdin.end()
      child.kill('SIGTERM')
    },
  }
}
