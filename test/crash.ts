/**
 * Says at once what ends a test file: what AVA is told of it is lost when the process ends with more before it in the queue, and then the file has only
 * "exited with a non-zero exit code". AVA loads this before each test file (ava.config.js).
 */
import { writeSync } from 'node:fs'

process.on('uncaughtExceptionMonitor', (error, origin) => {
  writeSync(2, `\n${origin}: ${error instanceof Error ? error.stack : String(error)}\n`)
})
