import type { ChildProcess } from 'node:child_process'

/** SIGTERM, and no patience without a bound. */
export async function end(node: ChildProcess): Promise<void> {
  if (node.exitCode !== null || node.signalCode !== null) return
  const gone = new Promise((resolve) => node.once('close', resolve))
  node.kill('SIGTERM')
  const late = setTimeout(() => node.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(late)
}
