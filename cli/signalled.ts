/** Comes back when this process is asked to end, by SIGTERM or SIGINT. */
export function signalled(): Promise<void> {
  return new Promise((resolve) => {
    const once = (): void => {
      process.off('SIGTERM', once).off('SIGINT', once)
      resolve()
    }
    process.on('SIGTERM', once).on('SIGINT', once)
  })
}
