/** Sees to it that the demo has a media relay where that is possible, and says what it does. */
import { spawnSync } from 'node:child_process'
import { findRtpengine } from '../lab/rtpengine.ts'

const PACKAGE = 'rtpengine-daemon'

/** 'rtpengine' when it is there or could be installed; else 'direct', said loudly with the remedy. */
export function relayOrDirect(note: (text: string) => void): 'rtpengine' | 'direct' {
  if (findRtpengine() !== null) return 'rtpengine'
  const root = process.getuid?.() === 0
  const apt = runs('apt-get', ['--version'])
  if (apt && (root || runs('sudo', ['-n', 'true']))) {
    note(`rtpengine is not installed: installing ${PACKAGE} with apt-get`)
    install(root ? [] : ['sudo', '-n'])
    if (findRtpengine() !== null) {
      note(`${PACKAGE} is installed`)
      return 'rtpengine'
    }
    note(`${PACKAGE} could not be installed`)
  }
  note(
    `MEDIA IS DIRECT: phones send their audio to each other. To relay it: apt-get install ${PACKAGE}, and start again`,
  )
  return 'direct'
}

function install(as: readonly string[]): void {
  // Runlevel 1: the package's own service is not started, it would take the ports.
  const env = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1']
  const apt = (...args: string[]): boolean => {
    const [program = 'env', ...rest] = [...as, ...env, 'apt-get', '-q', ...args]
    return spawnSync(program, rest, { stdio: ['ignore', 'ignore', 'inherit'], timeout: 300_000 }).status === 0
  }
  const options = ['-y', '--no-install-recommends', 'install', PACKAGE]
  if (!apt(...options) && apt('update')) apt(...options)
}

function runs(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore', timeout: 10_000 }).status === 0
}
