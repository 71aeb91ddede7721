import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import type { App } from '../app.ts'
import type { Config } from '../config.ts'
import type { DisclosureClass } from '../contract/disclosure.ts'
import { makeCheckpoint, openCheckpoint } from '../ledger/checkpoints.ts'
import { entriesAfter, ledgerHead, type StoredEntry, type SummedUp, searchLedger, summedUp } from '../ledger/entries.ts'
import { ledgerMail, mailOne, setLedgerMail } from '../ledger/mailed_checkpoints.ts'
import { entriesUpTo, restoresOf } from '../ledger/restored/restores.ts'
import { beginOfDay } from '../ledger/search_days.ts'
import { checkpointWitness, receiptFrom, verifyLedger, type Witness, witnessOf } from '../ledger/verification/verify.ts'
import { LEDGER_SEARCHED_MAX } from '../limits.ts'
import { type ApplicationName, distinctNames } from '../oauth/application_names.ts'
import { Refusal, resolveApplication } from '../oauth/applications.ts'
import { isDay } from '../values/kinds.ts'
import { BUSINESS_OPTION, businessOf } from './business.ts'
import { customerOf } from './customers.ts'
import { email } from './member.ts'
import { withApp } from './session.ts'
import { showProgress } from './terminal/progress.ts'
import { print, printJson, printPart, printTable, say, screen } from './terminal/terminal.ts'
import { examples, UsageMistake } from './terminal/usage.ts'

export function ledgerCommand(config: () => Config): Command {
  const command = new Command('ledger')
    .description('Show who has read the data of customers, and prove that the record is complete')
    .summary('Show who has read the data of customers')
  for (const add of [addSearch, addVerify, addCheckpoint, addMail, addExport]) add(command, config)
  return command
}

type SearchOptions = {
  business?: string
  customer?: string
  application?: string
  class?: DisclosureClass
  since?: string
  until?: string
  json?: true
}

function addSearch(command: Command, config: () => Config): void {
  command
    .command('search')
    .description('Show to whom the data of customers was disclosed, how often and for which purpose')
    .option(...BUSINESS_OPTION)
    .option('--customer <customer>', 'Only this customer, by id or customer code')
    .option('--application <application>', 'Only this application, by name, client_id or id')
    .addOption(
      new Option('--class <class>', 'Only contact data, or only responses without it').choices(['contact', 'profile']),
    )
    .option('--since <day>', 'From this day on: YYYY-MM-DD, today or yesterday, in the time zone of the business', day)
    .option('--until <day>', 'Up to and including this day', day)
    .option('--json', 'Print every entry as JSON')
    .addHelpText(
      'after',
      `\nContact data is ${CONTACT_FIELDS}, together with the profile: name, code,\nmembership, points, spending and visits. An entry has the class of the data, and no list of fields.\n\nReads the newest ${LEDGER_SEARCHED_MAX.toLocaleString('en')} entries that match. Entries are kept for two years.`,
    )
    .addHelpText(
      'after',
      examples(
        'talad ledger search --customer CUS-000380 --class contact --since yesterday',
        'talad ledger search --application crm --since 2026-11-01 --json',
      ),
    )
    .action((options: SearchOptions) => withApp(config(), (app) => search(app, options)))
}

async function search({ db, clock }: App, options: SearchOptions): Promise<void> {
  const businessId = await businessOf(db, options.business)
  const { class: of } = options
  const customer = options.customer === undefined ? undefined : await customerOf(db, businessId, options.customer)
  const application = options.application === undefined ? undefined : await resolveApplication(db, options.application)
  if (application && application.business_id !== businessId)
    throw new Refusal(`The application ${application.name} belongs to another business.`)
  const entries = await searchLedger(db, businessId, {
    ...{ class: of, customerId: customer, applicationId: application?.id, limit: LEDGER_SEARCHED_MAX },
    from: await beginOfDay(db, businessId, options.since, 0, clock()),
    to: await beginOfDay(db, businessId, options.until, 1, clock()),
  })
  if (options.json) return printJson(entries)
  if (entries.length === 0) return print('No disclosure was recorded.')
  const names = await distinctNames(
    db,
    entries.flatMap(({ applicationId }) => applicationId ?? []),
  )
  const readers = summedUp(entries, (one) => [one.applicationId, one.memberId, one.channel, one.class, one.purpose])
  printTable(readers.map((reader) => described(reader, names)))
  if (entries.some((one) => one.class === 'contact')) say(`Contact data is ${CONTACT_FIELDS}.`)
  if (entries.length === LEDGER_SEARCHED_MAX)
    say(`Only the newest ${LEDGER_SEARCHED_MAX.toLocaleString('en')} entries were read; choose days to see older ones.`)
}

/** What the class `contact` holds; the console and the documents of persons say the same. */
const CONTACT_FIELDS = 'phone number, email, date of birth, address and tax ID'

const described = ({ newest, oldest, count }: SummedUp<StoredEntry>, names: ReadonlyMap<string, ApplicationName>) => ({
  reader:
    names.get(newest.applicationId ?? '')?.distinctName ?? newest.applicationId ?? newest.memberId ?? 'the person',
  channel: newest.channel,
  data: newest.class === 'contact' ? 'contact data' : 'profile',
  times: count.toLocaleString('en'),
  first: oldest.at,
  last: newest.at,
  purpose: newest.purpose ?? (newest.channel === 'access' ? 'access document' : 'not stated'),
})

function day(text: string): string {
  if (text === 'today' || text === 'yesterday' || isDay(text)) return text
  throw new UsageMistake(`${text} is not a day: use YYYY-MM-DD, today or yesterday.`)
}

type LedgerVerifyOptions = {
  business?: string
  receipt?: string[]
  receipts?: string
  checkpoint?: string[]
  json?: true
}

const several = (value: string, before: string[] = []): string[] => [...before, value]

function addVerify(command: Command, config: () => Config): void {
  command
    .command('verify')
    .description('Check that no entry was altered, removed, added or cut off')
    .option(...BUSINESS_OPTION)
    .option('--receipt <receipt>', 'Receipt of a partner (the header Ledger-Receipt); can be repeated', several)
    .option('--receipts <file>', 'File with receipts, one per line')
    .option('--checkpoint <file>', 'File with a checkpoint that was kept; can be repeated', several)
    .option('--json', 'Print JSON')
    .addHelpText(
      'after',
      `
Every entry is hashed again together with the one before. This finds changes within the ledger. Somebody who controls the
database could also cut off its end or write all of it again: only receipts and checkpoints that were kept elsewhere find that.
Exit code 1 if something does not fit.`,
    )
    .addHelpText(
      'after',
      examples(
        'talad ledger verify',
        "talad ledger verify --receipt '1042;sha256=6d3e…'",
        'talad ledger verify --receipts receipts.txt --checkpoint 2026-11-30.checkpoint',
      ),
    )
    .action((options: LedgerVerifyOptions) => withApp(config(), (app) => verify(app, options), { unhurried: true }))
}

async function verify(app: App, options: LedgerVerifyOptions): Promise<void> {
  const { db, signer } = app
  const businessId = await businessOf(db, options.business)
  const witnesses = await witnessesOf(app, businessId, options)
  const head = await ledgerHead(db, businessId)
  const now = () => performance.now()
  const progress = showProgress({
    isTerminal: screen.isTerminal(),
    columns: screen.columns(),
    redraw: screen.redraw,
    say,
    now,
  })
  const total = await entriesUpTo(db, businessId, head?.sequence ?? 0)
  const result = await verifyLedger(db, signer, businessId, witnesses, (done) =>
    progress({ step: 'entries', unit: 'rows', done, total, isEstimate: true }),
  )
  if (options.json) printJson(result)
  for (const { at, backupAt, lastSequence, sequence } of result.restores)
    say(
      `The database was restored on ${at} from a backup of ${backupAt}: entries between ${lastSequence} and ${sequence} were lost, if any were written.`,
    )
  for (const sentence of [...result.unknown, ...result.lost]) say(sentence)
  if (result.fault !== null) throw new Refusal(result.fault)
  if (options.json) return
  const { first, last, entries } = result
  if (first === null) return print('The ledger has no entries yet.')
  const compared = witnesses.length - result.unknown.length - result.lost.length
  const count = `${entries.toLocaleString('en')} ${entries === 1 ? 'entry' : 'entries'} (${first} to ${last})`
  const fit =
    compared === 0
      ? ''
      : `, and so ${compared === 1 ? 'does the receipt or checkpoint' : `do ${compared} receipts and checkpoints`}`
  print(`${count} fit together${fit}.`)
  if (compared === 0)
    print(
      'Compare with a receipt or a checkpoint as well: only they show whether the end was cut off or all was rewritten.',
    )
}

/** Reads receipts and checkpoints. @throws Refusal */
async function witnessesOf(
  { signer }: App,
  businessId: string,
  { receipt = [], receipts, checkpoint = [] }: LedgerVerifyOptions,
): Promise<Witness[]> {
  const lines =
    receipts === undefined ? [] : (await readFile(receipts, 'utf8')).split('\n').filter((line) => line.trim())
  const read = [...receipt, ...lines].map((text) => {
    const found = receiptFrom(text)
    if (!found)
      throw new Refusal(
        `${text.trim().slice(0, 100)} is not a receipt: it has the form 1042;sha256=<64 hexadecimal digits>.`,
      )
    return witnessOf(found)
  })
  for (const file of checkpoint) {
    const opened = await openCheckpoint(signer, await readFile(file, 'utf8'))
    if (!opened)
      throw new Refusal(`${file} is not a checkpoint of this server, or it was changed: its signature is not valid.`)
    if (opened.business_id !== businessId) throw new Refusal(`${file} is a checkpoint of another business.`)
    read.push(checkpointWitness(opened))
  }
  return read
}

function addCheckpoint(command: Command, config: () => Config): void {
  command
    .command('checkpoint')
    .description('Print a signed statement of where the ledger ends; keep it away from the server')
    .option(...BUSINESS_OPTION)
    .option('--json', 'Print the statement with its contents and the public key that verifies it')
    .addHelpText('after', examples('talad ledger checkpoint > 2026-11-30.checkpoint', 'talad ledger checkpoint --json'))
    .action(({ business, json }: { business?: string; json?: true }) =>
      withApp(config(), async ({ db, clock, signer }) => {
        const made = await makeCheckpoint(db, signer, await businessOf(db, business), clock())
        if (!made) throw new Refusal('The ledger has no entries yet, so there is nothing to state.')
        if (json) printJson({ ...made.checkpoint, statement: made.statement, public_key: signer.publicKey })
        else print(made.statement)
      }),
    )
}

type LedgerMailOptions = { business?: string; to?: string; stop?: true }

function addMail(command: Command, config: () => Config): void {
  command
    .command('mail')
    .description('Mail a checkpoint every day to an address, so that it is kept away from the server')
    .option(...BUSINESS_OPTION)
    .addOption(new Option('--to <address>', 'The address; the newest checkpoint is mailed now').argParser(email))
    .addOption(new Option('--stop', 'Mail nothing more').conflicts('to'))
    .addHelpText(
      'after',
      '\nWithout options it says where checkpoints go. The server needs TALAD_SMTP_URL and TALAD_MAIL_FROM.',
    )
    .addHelpText('after', examples('talad ledger mail --to owner@example.com', 'talad ledger mail --stop'))
    .action((options: LedgerMailOptions) => withApp(config(), (app) => mail(app, options)))
}

async function mail({ db, signer, clock, mailer }: App, { business, to, stop }: LedgerMailOptions): Promise<void> {
  const businessId = await businessOf(db, business)
  if (stop) {
    await setLedgerMail(db, businessId, null)
    return print('Checkpoints are no longer mailed.')
  }
  if (to !== undefined) {
    if (!mailer)
      throw new Refusal('No mail server is known: set TALAD_SMTP_URL and TALAD_MAIL_FROM, here and for the server.')
    await makeCheckpoint(db, signer, businessId, clock())
    await setLedgerMail(db, businessId, to)
    try {
      await mailOne(db, businessId, { mailer, signer, clock })
    } catch (error) {
      throw new Refusal(
        `The mail server did not take the message: ${(error as Error).message}. The server tries again every hour.`,
      )
    }
  }
  const known = await ledgerMail(db, businessId)
  if (!known) return print('Checkpoints are not mailed: talad ledger mail --to <address> begins it.')
  const { email: address, mailed_sequence: sequence, mailed_at: at } = known
  print(
    at === null
      ? `Checkpoints will be mailed to ${address} once the ledger has entries.`
      : `Checkpoints are mailed to ${address}; the newest one (entry ${sequence}) went at ${at.toISOString()}.`,
  )
}

const EXPORTED_AT_ONCE = 1000

function addExport(command: Command, config: () => Config): void {
  command
    .command('export')
    .description('Print all entries in their order, one JSON object per line, so that others can verify them')
    .option(...BUSINESS_OPTION)
    .addHelpText(
      'after',
      '\nEntries have ids and hashes, and no values of customers. tools/verify_ledger.js verifies the file without the server.',
    )
    .addHelpText('after', examples('talad ledger export > ledger.ndjson'))
    .action(({ business }: { business?: string }) =>
      withApp(
        config(),
        async ({ db }) => {
          const businessId = await businessOf(db, business)
          const restores = await restoresOf(db, businessId)
          const printUpTo = async (sequence: number) => {
            while ((restores[0]?.sequence ?? sequence) < sequence) await printPart(JSON.stringify(restores.shift()))
          }
          for (let after = 0; ; ) {
            const entries = await entriesAfter(db, businessId, after, EXPORTED_AT_ONCE)
            for (const entry of entries) {
              await printUpTo(entry.sequence)
              await printPart(JSON.stringify(entry))
            }
            const last = entries.at(-1)
            if (!last) return await printUpTo(Number.POSITIVE_INFINITY)
            after = last.sequence
          }
        },
        { unhurried: true },
      ),
    )
}
