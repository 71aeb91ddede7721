import { Command, CommanderError } from 'commander'
import { readConfig } from '../config.ts'
import { databaseCircumstance, fileCircumstance } from '../db/circumstances.ts'
import { isUnavailable } from '../db/database.ts'
import { StartError } from '../db/start_error.ts'
import { Refusal } from '../oauth/applications.ts'
import { appCommand } from './app.ts'
import { backupCommand } from './backup.ts'
import { businessCommand } from './business.ts'
import { clusterCommand } from './cluster.ts'
import { customersCommand } from './customers.ts'
import { demoCommand } from './demo.ts'
import { doctorCommand } from './doctor/doctor.ts'
import { importCommand } from './import.ts'
import { keysCommand } from './keys.ts'
import { ledgerCommand } from './ledger.ts'
import { listenCommand } from './listen.ts'
import { memberCommand } from './member.ts'
import { migrateCommand } from './migrate.ts'
import { openapiCommand } from './openapi.ts'
import { privacyCommand } from './privacy.ts'
import { EXIT } from './process/exit.ts'
import { restoreCommand } from './restore.ts'
import { serveCommand } from './serve.ts'
import { simulateCommand } from './simulate.ts'
import { say } from './terminal/terminal.ts'
import { examples, UsageMistake, usageMistake } from './terminal/usage.ts'
import { triggerCommand } from './trigger.ts'
import { version } from './version.ts'
import { workCommand } from './work.ts'

/**
 * Runs a command line. @returns the exit code. @throws any error that is neither a user's mistake nor a known circumstance
 */
export async function run(words: string[]): Promise<number> {
  try {
    // Somebody who types the name alone wants to see it run.
    await program().parseAsync(words.length === 0 ? ['serve'] : words, { from: 'user' })
    return EXIT.done
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
    const circumstance = databaseCircumstance(error) ?? fileCircumstance(error)
    if (error instanceof StartError || error instanceof Refusal || error instanceof UsageMistake) say(error.message)
    else if (circumstance) say(circumstance)
    else if (isUnavailable(error)) say(`The database cannot be reached: ${(error as Error).message}.`)
    else throw error
    return error instanceof UsageMistake ? EXIT.usage : EXIT.failed
  }
}

function program(): Command {
  const talad = new Command('talad')
    .description(
      'Talad, the Partner API platform: the server and its administration. Without a command, starts the server.',
    )
    .version(`talad ${version()}, Node ${process.versions.node}`, '-V, --version', 'Show the version')
    .helpOption('-h, --help', 'Show this help')
    .helpCommand('help [command]', 'Show the help of a command')
    .addHelpText(
      'after',
      examples(
        'talad serve',
        'talad app create dashboard --scope read:sales',
        'talad app list --json',
        'DATABASE_URL=postgres://… TALAD_SECRET_KEY=… talad migrate',
      ),
    )
    .addHelpText(
      'after',
      '\nCommands use the same database as serve, and can run while the server runs; talad serve --help lists the\nvariables that configure it. Exit codes: 0 success, 1 failure, 2 invalid command line.',
    )
  const config = () => readConfig()
  for (const command of [
    serveCommand,
    workCommand,
    migrateCommand,
    backupCommand,
    restoreCommand,
    doctorCommand,
    demoCommand,
    simulateCommand,
    triggerCommand,
    businessCommand,
    appCommand,
    memberCommand,
    importCommand,
    keysCommand,
    customersCommand,
    privacyCommand,
    ledgerCommand,
    clusterCommand,
    openapiCommand,
  ])
    talad.addCommand(command(config))
  talad.addCommand(listenCommand(), { hidden: true })
  explainMistakes(talad)
  return talad
}

/** Turns mistakes of this command and its subcommands into sentences; subcommands do not inherit these settings. */
function explainMistakes(command: Command): void {
  command.configureOutput({ outputError: () => {} }).exitOverride((error) => {
    const isAnswer = ['commander.help', 'commander.helpDisplayed', 'commander.version'].includes(error.code)
    throw isAnswer ? error : usageMistake(command, error)
  })
  for (const child of command.commands) {
    child.helpOption('-h, --help', 'Show this help').helpCommand(false)
    explainMistakes(child)
  }
}
