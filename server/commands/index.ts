import { Command, CommanderError } from 'commander'
import { readConfig } from '../config.ts'
import { isUnavailable } from '../db/database.ts'
import { StartError } from '../db/start_error.ts'
import { Refusal } from '../oauth/applications.ts'
import { appCommand } from './app.ts'
import { businessCommand } from './business.ts'
import { keysCommand } from './keys.ts'
import { migrateCommand } from './migrate.ts'
import { openapiCommand } from './openapi.ts'
import { serveCommand } from './serve.ts'
import { say } from './terminal.ts'

/** Exit codes: done; could not be done; the command line itself was wrong. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const

/** Runs a command line. @returns the exit code */
export async function run(words: string[]): Promise<number> {
  const program = new Command('talad')
    .description('Talad, the Partner API platform: server and administration')
    .exitOverride()
    .showHelpAfterError('(talad --help shows the commands, talad <command> --help what they take)')
    .helpCommand(false)
  const config = () => readConfig()
  for (const command of [serveCommand, migrateCommand, businessCommand, appCommand, keysCommand, openapiCommand])
    program.addCommand(command(config))
  // Subcommands do not inherit this by themselves.
  const inherit = (command: Command): void => {
    for (const child of command.commands) {
      child.copyInheritedSettings(command)
      inherit(child)
    }
  }
  inherit(program)

  try {
    await program.parseAsync(words, { from: 'user' })
    return EXIT.done
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
    if (error instanceof StartError || error instanceof Refusal) say(error.message)
    else if (isUnavailable(error)) say(`The database cannot be reached: ${(error as Error).message}`)
    else throw error
    return EXIT.failed
  }
}
