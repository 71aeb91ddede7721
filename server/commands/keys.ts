import { Command } from 'commander'
import type { Config } from '../config.ts'
import { withApp } from './session.ts'
import { print, printJson } from './terminal.ts'
import { examples } from './usage.ts'

export function keysCommand(config: () => Config): Command {
  const command = new Command('keys').description('the keys that sign access tokens')
  command
    .command('rotate')
    .description('sign with a new key from now on; tokens of the old one stay valid until they expire')
    .option('--json', 'print JSON')
    .addHelpText('after', examples('talad keys rotate', 'talad keys rotate --json'))
    .action(({ json }: { json?: true }) =>
      withApp(config(), async ({ keys }) => {
        const id = await keys.rotate()
        if (json) printJson({ kid: id })
        else print(`New tokens are signed with the key ${id}. Tokens signed before stay valid until they expire.`)
      }),
    )
  return command
}
