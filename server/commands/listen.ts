import { Command } from 'commander'
import { UsageMistake } from './terminal/usage.ts'

/** Says where the command is now. It may go after one version. */
export const listenCommand = (): Command =>
  new Command('listen')
    .description('Moved to talad-api listen')
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new UsageMistake(
        'talad listen moved to talad-api listen (npx talad-api listen --help), which has the same options, and uses the credentials of talad-api login or TALAD_BASE_URL, TALAD_CLIENT_ID and TALAD_CLIENT_SECRET.',
      )
    })
