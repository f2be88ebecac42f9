/** Where rtpengine is on this machine; null when it is not installed. */
import { accessSync, constants } from 'node:fs'
import path from 'node:path'

export function findRtpengine(env: NodeJS.ProcessEnv = process.env): string | null {
  for (const folder of [...(env.PATH ?? '').split(':'), '/usr/sbin', '/usr/bin']) {
    const file = path.join(folder, 'rtpengine')
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // Not in this folder.
    }
  }
  return null
}
