import { access, mkdir, writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { createApp, openDatabase, STORED_TEXTS } from '../app.ts'
import type { Manifest } from '../backup/archive.ts'
import { keyCheckOf } from '../backup/backup.ts'
import { type CheckedRestore, checkRestored } from '../backup/check.ts'
import type { BegunEpoch } from '../backup/epoch.ts'
import { type Restored, restoreBackup } from '../backup/restore.ts'
import { existingKey, keyFile, openKeys } from '../backup/sealed_keys.ts'
import type { Config } from '../config.ts'
import { migrate } from '../db/schema/migrate.ts'
import { statementSigner } from '../ledger/statements.ts'
import { openLog } from '../log.ts'
import { Refusal } from '../oauth/applications.ts'
import { type Journal, journalAt } from '../privacy/journal.ts'
import { passphraseIn, progressOnScreen } from './backup.ts'
import { askSecret, print, printJson, say } from './terminal/terminal.ts'
import { examples, UsageMistake } from './terminal/usage.ts'

type RestoreFlags = {
  check?: true
  erasures?: string | false
  withoutErasures?: true
  passphraseFile?: string
  json?: true
}

export const restoreCommand = (config: () => Config): Command =>
  new Command('restore')
    .description('Restore a backup into an empty database, or look over one that other tools restored')
    .argument('[file]', 'A backup that talad backup made')
    .option('--check', 'Instead of a file: look over a database that pgBackRest, WAL-G or pg_restore restored')
    .option('--erasures <file>', 'The newest file of erasures; its customers are erased again')
    .option('--without-erasures', 'State that nobody was erased since the backup')
    .option(
      '--passphrase-file <file>',
      'File with the passphrase of the keys in the backup; without it the terminal asks',
    )
    .option('--json', 'Print JSON')
    .addHelpText(
      'after',
      `
Stop the server first. A restore loses what was written after the backup, so partners must learn of it: positions of the event log,
sequences of webhooks and receipts of the ledger continue at a new number (an epoch). Partners that have seen later positions get
400 and read all lists again. Sessions of members end.`,
    )
    .addHelpText(
      'after',
      examples(
        'talad restore talad-2026-11-30.tar --erasures erasures.ndjson',
        'TALAD_DATA_DIR=./copy talad restore talad.tar --without-erasures --passphrase-file passphrase.txt',
        'talad restore --check --erasures erasures.ndjson',
      ),
    )
    .action((file: string | undefined, options: RestoreFlags) => run(config(), file, options))

async function run(config: Config, file: string | undefined, options: RestoreFlags): Promise<void> {
  if ((file === undefined) === (options.check === undefined))
    throw new UsageMistake('Specify either a backup or --check (talad restore --help).')
  const erasures = await erasuresOf(options)
  if (file === undefined) return check(config, erasures, options)
  await access(file)
  const { db, close } = await openDatabase(config, { connections: 5, name: 'talad restore', say, unhurried: true })
  try {
    const show = progressOnScreen()
    const restored = await restoreBackup(db, {
      ...{ file, texts: STORED_TEXTS, erasures, ownJournal: journalAt(config.erasures), now: new Date(), say },
      keyFor: async (manifest, keys) => ({
        signer: statementSigner(await keyOf(config, manifest, keys, options.passphraseFile)),
      }),
      progress: (step, done, total) => show({ step, unit: 'pieces', done, total: total === 0 ? null : total }),
    })
    if (options.json) printJson(summaryOf(restored))
    else report(file, restored, erasures)
  } finally {
    await close()
  }
}

/** Returns the journal to carry out; null if the user states that it is not needed. */
async function erasuresOf({ erasures, withoutErasures }: RestoreFlags): Promise<Journal | null> {
  if (typeof erasures === 'string' && withoutErasures)
    throw new UsageMistake('--erasures and --without-erasures cannot be used together.')
  if (withoutErasures) return null
  if (typeof erasures !== 'string')
    throw new UsageMistake(
      'A backup can bring erased customers back: specify the newest file of erasures with --erasures, or state that nobody was erased with --without-erasures.',
    )
  await access(erasures)
  const journal = journalAt(erasures)
  // Before anything changes.
  await journal.read()
  return journal
}

/** Returns the secret key of a backup, and stores it if this machine has none. @throws Refusal */
async function keyOf(
  config: Config,
  manifest: Manifest,
  keys: object | null,
  passphraseFile: string | undefined,
): Promise<Buffer> {
  const own = await existingKey(config)
  const fits = (key: Buffer) => manifest.key_check === null || keyCheckOf(key) === manifest.key_check
  if (own && fits(own)) return own
  const place = keyFile(config)
  if (!keys)
    throw new Refusal(
      own
        ? 'The secret key differs from the key of the backup, so its signing keys and secrets could not be decrypted: use the original key.'
        : `The backup has no keys: copy the original secret.key to ${place}, or set TALAD_SECRET_KEY to the original key.`,
    )
  const passphrase =
    passphraseFile === undefined ? await askSecret('Passphrase of the backup: ') : await passphraseIn(passphraseFile)
  if (passphrase === null)
    throw new UsageMistake('The backup has encrypted keys: specify --passphrase-file, or use a terminal that asks.')
  const opened = await openKeys(keys, passphrase)
  if (own)
    throw new Refusal(
      `The secret key of this machine differs from the key of the backup: remove ${config.secretKey ? 'TALAD_SECRET_KEY' : place}, or use the original key.`,
    )
  await mkdir(config.dataDir, { recursive: true })
  await writeFile(place, `${opened.toString('hex')}\n`, { flag: 'wx', mode: 0o600 })
  say(`The secret key of the backup is now in ${place}.`)
  return opened
}

const summaryOf = ({ manifest, ...done }: Restored) => ({
  ...{ backup_at: manifest.backup_at, made_by: manifest.version },
  ...done,
})

function report(
  file: string,
  { manifest, tables, rows, migrations, erased, epoch }: Restored,
  journal: Journal | null,
) {
  print(
    `Restored ${rows.toLocaleString('en')} rows of ${tables} tables from ${file}, as of ${manifest.backup_at}. All of them equal the original.`,
  )
  if (migrations.length > 0) print(`Applied ${migrations.length} migrations of this version.`)
  reportEpoch(epoch, erased, journal)
}

function reportEpoch({ businesses, subscriptions, sessions }: BegunEpoch, erased: number, journal: Journal | null) {
  print(
    `Began an epoch in ${businesses} ${businesses === 1 ? 'business' : 'businesses'}. Partners who saw later events will be told to read all lists again, ${subscriptions} webhooks say what was lost, and the ledger names the restore.`,
  )
  if (journal) print(erased === 0 ? 'Nobody had to be erased again.' : `Erased ${erased} customers again.`)
  if (sessions > 0) print(`Ended ${sessions} sessions of members.`)
  print(
    'Secrets and applications that were revoked after the backup work again: compare talad app list, and revoke them.',
  )
}

async function check(config: Config, erasures: Journal | null, { json }: RestoreFlags): Promise<void> {
  const secretKey = await existingKey(config)
  if (!secretKey)
    throw new Refusal(`${keyFile(config)} is missing: copy the original, or set TALAD_SECRET_KEY to the original key.`)
  const { db, close } = await openDatabase(config, { connections: 5, name: 'talad restore', say, unhurried: true })
  try {
    for (const line of await migrate(db, STORED_TEXTS, say)) say(line)
    const clock = () => new Date()
    const { keys, signer, journal } = createApp(config, { db, secretKey, log: openLog('warn', say), clock, close })
    // Refuses another key.
    await keys.published()
    const checked: CheckedRestore = await checkRestored(db, { signer, erasures, ownJournal: journal, now: clock() })
    if (json) return printJson(checked)
    print(
      `The database fits together. It knows what happened until ${checked.backupAt.toISOString()}; later changes are lost.`,
    )
    reportEpoch(checked.epoch, checked.erased, erasures)
  } finally {
    await close()
  }
}
