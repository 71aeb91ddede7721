import { Command } from 'commander'
import type { Config } from '../config.ts'
import { withApp } from './session.ts'
import { print } from './terminal.ts'

export const migrateCommand = (config: () => Config): Command =>
  new Command('migrate')
    .description('bring the database up to date (serve does so by itself)')
    .action(() => withApp(config(), async () => print('The database is up to date.')))
