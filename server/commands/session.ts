import { type App, openApp } from '../app.ts'
import type { Config } from '../config.ts'
import { say } from './terminal/terminal.ts'

/** Opens the database for one command, and closes it in any case. `unhurried` removes the time limit of statements. */
export async function withApp(
  config: Config,
  work: (app: App) => Promise<void>,
  { unhurried = false }: { unhurried?: boolean } = {},
): Promise<void> {
  // Log level warn, because a line per query would hide the command's own output. Two connections, because migrations hold
  // one while they use another.
  const app = await openApp({ ...config, logLevel: 'warn' }, { connections: 2, name: 'talad command', say, unhurried })
  try {
    await work(app)
  } finally {
    await app.close()
  }
}
