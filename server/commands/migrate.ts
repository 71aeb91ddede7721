import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { type App, openDatabase, STORED_TEXTS } from '../app.ts'
import type { Config } from '../config.ts'
import { fillTexts, switchTexts } from '../db/schema/filling.ts'
import { plannedMigrations } from '../db/schema/migrate.ts'
import { TEXTS_KEPT_HOURS } from '../db/schema/stored.ts'
import { withApp } from './session.ts'
import { print, say } from './terminal/terminal.ts'
import { examples } from './terminal/usage.ts'

export const migrateCommand = (config: () => Config): Command =>
  new Command('migrate')
    .description('Migrate the database; commands that use the database do this automatically')
    .option('--check', 'Print the migrations to apply and their long locks, and change nothing')
    .option('--switch', 'Drop the stored JSON of earlier versions now; they can no longer run on this database')
    .addHelpText(
      'after',
      examples('talad migrate', 'talad migrate --check', 'DATABASE_URL=postgres://… TALAD_SECRET_KEY=… talad migrate'),
    )
    .action(({ check, switch: isForced = false }: { check?: boolean; switch?: boolean }) =>
      check ? printPlan(config()) : withApp(config(), (app) => finish(app, isForced)),
    )

async function printPlan(config: Config): Promise<void> {
  const { db, close } = await openDatabase(config, { connections: 1, name: 'talad command', say })
  try {
    const [none = 'The database is up to date.', ...others] = await plannedMigrations(db)
    for (const line of [none, ...others]) print(line)
  } finally {
    await close()
  }
}

async function finish({ db }: App, isForced: boolean): Promise<void> {
  let isElsewhere = false
  while ((await fillTexts(db, STORED_TEXTS, { say: print })) === 'elsewhere') {
    if (!isElsewhere) print('Another process stores the JSON. Waiting …')
    isElsewhere = true
    await sleep(1000)
  }
  const waiting = await switchTexts(db, STORED_TEXTS, { say: print, isForced })
  if (waiting.length > 0)
    print(
      `Earlier versions can run beside this one, because their stored JSON of ${waiting.join(', ')} is kept for ${TEXTS_KEPT_HOURS} hours. To drop it now: talad migrate --switch`,
    )
  print('The database is up to date.')
}
