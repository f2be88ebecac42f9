/** How far a bench is, on one line, for whoever looks on; nothing for a file or a pipe. */
export function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${line}\u001b[K`)
}
