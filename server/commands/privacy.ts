import { writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import type { Config } from '../config.ts'
import { Refusal } from '../oauth/applications.ts'
import type { PageLanguage } from '../privacy/print_page.ts'
import { processingRecord } from '../privacy/processing.ts'
import { recordPage } from '../privacy/processing_page.ts'
import {
  addRequest,
  closeRequest,
  DEADLINE_DAYS,
  listRequests,
  type RequestKind,
  type RightsRequest,
} from '../privacy/requests.ts'
import { isDay, UUID } from '../values/kinds.ts'
import { BUSINESS_OPTION, businessOf, wholeBusiness } from './business.ts'
import { customerOf, deciderOf } from './customers.ts'
import { withApp } from './session.ts'
import { unstatedLine } from './terminal/shown_application.ts'
import { print, printJson, printTable, say } from './terminal/terminal.ts'
import { examples, oneLine, UsageMistake } from './terminal/usage.ts'

export function privacyCommand(config: () => Config): Command {
  const command = new Command('privacy')
    .description('Keep track of requests about personal data, and make the record of processing (PDPA)')
    .summary('Track requests about personal data; make the record of processing')
  for (const add of [addList, addAdd, addDone, addRefuse, addRecord]) add(command, config)
  return command
}

const BY = ['--by <name>', 'Who handled it (default: the user of this computer)'] as const

function addList(command: Command, config: () => Config): void {
  command
    .command('requests')
    .description('List the open requests, next deadline first')
    .option(...BUSINESS_OPTION)
    .option('--all', 'Also those that are done or refused')
    .option('--json', 'Print JSON')
    .addHelpText('after', examples('talad privacy requests', 'talad privacy requests --all --json'))
    .action(({ business, all, json }: { business?: string; all?: true; json?: true }) =>
      withApp(config(), async ({ db, clock }) => {
        const found = await listRequests(db, await businessOf(db, business), all ? 'all' : 'open')
        if (json) return printJson(found)
        if (found.length === 0) return print(all ? 'There has been no request.' : 'No request is open.')
        printTable(found.map((request) => described(request, clock())))
      }),
    )
}

const DAY_MS = 24 * 3600 * 1000

function described({ id, kind, customer_id, received_at, due_at, state }: RightsRequest, now: Date) {
  const days = Math.floor((due_at.getTime() - now.getTime()) / DAY_MS)
  const left = days < 0 ? `overdue since ${dayOf(due_at)}` : `${days} days left`
  return {
    ...{ id, kind, customer: customer_id, received: dayOf(received_at) },
    state: state === 'OPEN' ? left : state.toLowerCase(),
  }
}

function addAdd(command: Command, config: () => Config): void {
  command
    .command('request')
    .addArgument(command.createArgument('<kind>', 'What the person asks for').choices(Object.keys(DEADLINE_DAYS)))
    .argument('<customer>', 'Customer, by id or customer code')
    .description('Note a request of a person; its deadline counts from receipt')
    .option(...BUSINESS_OPTION)
    .option('--received <day>', 'When it was received, YYYY-MM-DD (default: now)', pastDay)
    .requiredOption('--how <text>', 'How it was received, such as letter; without naming the person', oneLine('--how'))
    .option('--json', 'Print JSON')
    .addHelpText('after', examples("talad privacy request erasure CUS-000380 --how 'letter' --received 2026-11-28"))
    .action(
      (kind: RequestKind, word: string, options: { business?: string; received?: Date; how: string; json?: true }) =>
        withApp(config(), async ({ db, clock }) => {
          const now = clock()
          const receivedAt = options.received ?? now
          if (receivedAt > now) throw new Refusal('--received must not be in the future.')
          if (receivedAt < PDPA_SINCE)
            throw new Refusal(`--received must be ${dayOf(PDPA_SINCE)} or later: the PDPA is in force since that day.`)
          const businessId = await businessOf(db, options.business)
          const customerId = await customerOf(db, businessId, word)
          const made = await addRequest(db, businessId, { kind, customerId, receivedAt, receivedBy: options.how }, now)
          if (options.json) printJson(made)
          else print(`Noted ${made.id}; ${dueText(made.due_at, now)}.`)
        }),
    )
}

const PDPA_SINCE = new Date('2022-06-01T00:00:00Z')

const dayOf = (at: Date): string => at.toISOString().slice(0, 10)

const dueText = (dueAt: Date, now: Date): string =>
  dueAt > now ? `it is due on ${dayOf(dueAt)}` : `it was due on ${dayOf(dueAt)}, so answer it at once`

function pastDay(text: string): Date {
  if (isDay(text)) return new Date(`${text}T00:00:00Z`)
  throw new UsageMistake(`${text} is not a day: use YYYY-MM-DD.`)
}

type CloseOptions = { business?: string; by?: string; reason?: string }

function addDone(command: Command, config: () => Config): void {
  command
    .command('done')
    .argument('<request>', 'Request, by id')
    .description('Close a request that was fulfilled')
    .option(...BUSINESS_OPTION)
    .option(...BY)
    .addHelpText('after', examples('talad privacy done 7d2e4c10-96b5-4f3a-8a1c-3e5f7b9d0c26'))
    .action((id: string, options: CloseOptions) => close(config(), id, options))
}

function addRefuse(command: Command, config: () => Config): void {
  command
    .command('refuse')
    .argument('<request>', 'Request, by id')
    .description('Close a request that is refused; the reason goes into the record of processing')
    .option(...BUSINESS_OPTION)
    .option(...BY)
    .requiredOption('--reason <text>', 'Why, without naming the person', oneLine('--reason'))
    .addHelpText(
      'after',
      examples("talad privacy refuse 7d2e4c10-96b5-4f3a-8a1c-3e5f7b9d0c26 --reason 'needed for tax until 2031'"),
    )
    .action((id: string, options: CloseOptions) => close(config(), id, options))
}

const close = (config: Config, id: string, { business, by, reason }: CloseOptions) =>
  withApp(config, async ({ db, clock }) => {
    const closing = { id, by: deciderOf(by), reason: reason ?? null }
    const closed = UUID.test(id) ? await closeRequest(db, await businessOf(db, business), closing, clock()) : null
    if (!closed) throw new Refusal(`No open request has the id ${id}: talad privacy requests lists them.`)
    print(`Closed ${closed.id} as ${closed.state.toLowerCase()}.`)
  })

function addRecord(command: Command, config: () => Config): void {
  command
    .command('record')
    .description('Make the record of processing activities: purposes, applications, retention, refused requests')
    .option(...BUSINESS_OPTION)
    .option('--html <file>', 'Write a page for printing to this file')
    .addOption(new Option('--language <language>', 'Language of the page').choices(['th', 'en']).default('th'))
    .option('--json', 'Print the record as JSON')
    .addHelpText('after', examples('talad privacy record --html record.html', 'talad privacy record --json'))
    .action((options: { business?: string; html?: string; language: PageLanguage; json?: true }) => {
      const { html, language, json } = options
      if (html === undefined && !json)
        throw new UsageMistake('Specify --html <file> or --json (talad privacy record --help).')
      return withApp(config(), async ({ db, clock }) => {
        const business = await wholeBusiness(db, await businessOf(db, options.business))
        const record = await processingRecord(db, { id: business.id, name: business.name }, clock())
        if (json) printJson(record)
        if (html !== undefined) {
          await writeFile(html, recordPage(record, language, business.timeZone))
          say(`Wrote ${html}.`)
        }
        if (record.incomplete.length > 0) say(unstatedLine(record.incomplete))
      })
    })
}
