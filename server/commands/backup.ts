import { readFile, stat } from 'node:fs/promises'
import { Command } from 'commander'
import { openDatabase } from '../app.ts'
import { writeBackup } from '../backup/backup.ts'
import { noteBackup } from '../backup/last_backup.ts'
import { existingKey, PASSPHRASE_MIN, sealKeys } from '../backup/sealed_keys.ts'
import type { Config } from '../config.ts'
import { Refusal } from '../oauth/applications.ts'
import { showProgress } from './terminal/progress.ts'
import { askSecret, print, printJson, say, screen } from './terminal/terminal.ts'
import { examples, UsageMistake } from './terminal/usage.ts'
import { version } from './version.ts'

type BackupFlags = { withKeys?: true; passphraseFile?: string; json?: true }

export const backupCommand = (config: () => Config): Command =>
  new Command('backup')
    .description('Write a backup of the whole database to a file, while the server runs')
    .argument('<file>', 'A new file, such as talad-2026-11-30.tar')
    .option('--with-keys', 'Put the secret key into the file, encrypted by a passphrase')
    .option('--passphrase-file <file>', 'File with the passphrase; without it the terminal asks')
    .option('--json', 'Print JSON')
    .addHelpText(
      'after',
      `
The file has personal data: keep it where only you can read it. Without --with-keys, keep TALAD_SECRET_KEY (or secret.key in
TALAD_DATA_DIR) elsewhere: nobody can use the backup without it. Keep the file of erasures (TALAD_ERASURES) too, in its newest
state: talad restore needs it.`,
    )
    .addHelpText(
      'after',
      examples(
        'talad backup talad-2026-11-30.tar',
        'talad backup talad.tar --with-keys --passphrase-file passphrase.txt',
      ),
    )
    .action((file: string, options: BackupFlags) => backUp(config(), file, options))

async function backUp(config: Config, file: string, options: BackupFlags): Promise<void> {
  if (options.passphraseFile !== undefined && !options.withKeys)
    throw new UsageMistake('--passphrase-file needs --with-keys.')
  const passphrase = options.withKeys ? await newPassphrase(options.passphraseFile) : null
  const secretKey = await existingKey(config)
  if (passphrase !== null && !secretKey)
    throw new Refusal(`${config.dataDir} has no secret.key, so there are no keys to put into the backup.`)
  const keys = passphrase !== null && secretKey ? await sealKeys(secretKey, passphrase) : null
  const { db, close } = await openDatabase(config, { connections: 2, name: 'talad backup', say, unhurried: true })
  try {
    const show = progressOnScreen()
    const made = await writeBackup(db, {
      ...{ file, version: version(), secretKey, keys },
      // The total is an estimate of PostgreSQL, which can be too low.
      progress: (done, total) =>
        show({ step: 'rows', unit: 'rows', done, total: Math.max(done, total), isEstimate: true }),
    })
    show({ step: 'rows', unit: 'rows', done: made.rows, total: made.rows })
    await noteBackup(config.dataDir, { at: made.backupAt, file, bytes: made.bytes, has_keys: keys !== null })
    if (options.json) return printJson({ file, ...made, has_keys: keys !== null })
    const megabytes = (made.bytes / 1e6).toFixed(1)
    print(
      `${file} has ${made.rows.toLocaleString('en')} rows of ${made.tables} tables as of ${made.backupAt}, ${megabytes} MB.`,
    )
    print(
      keys === null
        ? 'It has no keys: keep the secret key elsewhere.'
        : 'It has the secret key, encrypted by your passphrase.',
    )
    print(`Keep the newest ${config.erasures} with it.`)
  } finally {
    await close()
  }
}

export const progressOnScreen = () =>
  showProgress({
    isTerminal: screen.isTerminal(),
    columns: screen.columns(),
    redraw: screen.redraw,
    say,
    now: () => performance.now(),
  })

/** Reads a passphrase from a file. @throws UsageMistake */
export async function passphraseIn(file: string): Promise<string> {
  if ((await stat(file)).size > 4096) throw new UsageMistake(`${file} is too long for a passphrase.`)
  const passphrase = (await readFile(file, 'utf8')).replace(/\r?\n$/, '')
  if (passphrase.length < PASSPHRASE_MIN)
    throw new UsageMistake(`A passphrase has at least ${PASSPHRASE_MIN} characters; the one in ${file} is shorter.`)
  return passphrase
}

async function newPassphrase(file: string | undefined): Promise<string> {
  if (file !== undefined) return passphraseIn(file)
  const first = await askSecret('Passphrase: ')
  if (first === null) throw new UsageMistake('--with-keys needs --passphrase-file, or a terminal that asks.')
  if (first.length < PASSPHRASE_MIN) throw new UsageMistake(`A passphrase has at least ${PASSPHRASE_MIN} characters.`)
  if ((await askSecret('The same passphrase again: ')) !== first) throw new UsageMistake('The two passphrases differ.')
  return first
}
