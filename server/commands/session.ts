import { type App, openApp } from '../app.ts'
import type { Config } from '../config.ts'
import { say } from './terminal.ts'

/** Opens the database for one command, and closes it whatever happens. A statement may take long only if it is unhurried. */
export async function withApp(
  config: Config,
  work: (app: App) => Promise<void>,
  { unhurried = false }: { unhurried?: boolean } = {},
): Promise<void> {
  // A command says what it did; a line of log for each query would only hide it.
  // Two connections: migrations hold one while they work on another.
  const app = await openApp({ ...config, logLevel: 'warn' }, { connections: 2, name: 'talad command', say, unhurried })
  try {
    await work(app)
  } finally {
    await app.close()
  }
}
