import { Command } from 'commander'
import type { Config } from '../config.ts'
import { withApp } from './session.ts'
import { print } from './terminal/terminal.ts'
import { examples } from './terminal/usage.ts'

export const migrateCommand = (config: () => Config): Command =>
  new Command('migrate')
    .description('Migrate the database; commands that use the database do this automatically')
    .addHelpText('after', examples('talad migrate', 'DATABASE_URL=postgres://… TALAD_SECRET_KEY=… talad migrate'))
    .action(() => withApp(config(), async () => print('The database is up to date.')))
