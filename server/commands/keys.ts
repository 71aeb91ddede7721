import { Command } from 'commander'
import type { Config } from '../config.ts'
import { withApp } from './session.ts'
import { print, printJson } from './terminal/terminal.ts'
import { examples } from './terminal/usage.ts'

export function keysCommand(config: () => Config): Command {
  const command = new Command('keys').description('Manage the keys that sign access tokens')
  command
    .command('rotate')
    .description('Sign new tokens with a new key; existing tokens stay valid until they expire')
    .option('--json', 'Print JSON')
    .addHelpText('after', examples('talad keys rotate', 'talad keys rotate --json'))
    .action(({ json }: { json?: true }) =>
      withApp(config(), async ({ keys }) => {
        const id = await keys.rotate()
        if (json) printJson({ kid: id })
        else print(`New tokens are signed with the key ${id}. Existing tokens stay valid until they expire.`)
      }),
    )
  return command
}
