import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * The ports below those that systems choose for connections (from 32768 on Linux), so that no connection takes one before it is used.
 * Each process begins at another one.
 */
const [FIRST, COUNT, OF_ONE_PROCESS] = [10_000, 20_000, 50]
let next = (process.pid * OF_ONE_PROCESS) % COUNT

/** Returns a port of 127.0.0.1 that nobody uses, and another one at each call. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + next
    next = (next + 1) % COUNT
    const probe = createServer()
    const outcome = await Promise.race([
      once(probe.listen(port, '127.0.0.1'), 'listening').then(() => 'free'),
      once(probe, 'error').then(() => 'used'),
    ]).catch(() => 'used')
    if (outcome === 'used') continue
    probe.close()
    await once(probe, 'close')
    return port
  }
}
