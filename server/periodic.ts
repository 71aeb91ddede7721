/**
 * Runs work now and then periodically, never twice at once.
 *
 * @returns a function that stops it, and waits for what is running
 */
export function periodically(
  ms: number,
  work: () => Promise<unknown>,
  onError: (error: unknown) => void,
): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve()
  const run = () => {
    running = running.then(work).catch(onError)
  }
  run()
  const timer = setInterval(run, ms)
  return async () => {
    clearInterval(timer)
    await running
  }
}
