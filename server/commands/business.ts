import { randomUUID } from 'node:crypto'
import { Command } from 'commander'
import type { Config } from '../config.ts'
import type { Caller } from '../contract/caller.ts'
import { type Database, isUnavailable, type Runner } from '../db/database.ts'
import { Refusal } from '../oauth/applications.ts'
import { withApp } from './session.ts'
import { print, printJson, printTable } from './terminal/terminal.ts'
import { examples, UsageMistake } from './terminal/usage.ts'

/** The option of commands on one business; `businessOf` reads it. */
export const BUSINESS_OPTION = [
  '--business <business>',
  'Business, by id or name (required if several businesses exist)',
] as const

export function businessCommand(config: () => Config): Command {
  const command = new Command('business')
    .description('Manage the businesses of this server. Each has its own branches, customers and applications.')
    .summary('Manage the businesses of this server')

  command
    .command('create')
    .argument('<name>', 'Name of the business, in quotes if it contains spaces', businessName)
    .description('Create a business')
    .option('--time-zone <zone>', 'Time zone (IANA name)', timeZone, 'Asia/Bangkok')
    .option('--day-starts-at <hh:mm>', 'Start of the business day', timeOfDay, '00:00')
    .option('--currency <code>', 'Currency (ISO 4217 code)', currency, 'THB')
    .option('--json', 'Print JSON')
    .addHelpText(
      'after',
      examples("talad business create 'Jaidee Kitchen'", 'talad business create ครัวใจดี --day-starts-at 04:00 --json'),
    )
    .action((name: string, options) =>
      withApp(config(), async ({ db, clock }) => {
        const now = clock()
        const business = {
          id: randomUUID(),
          name,
          time_zone: options.timeZone,
          business_day_starts_at: options.dayStartsAt,
          currency: options.currency,
        }
        await db`insert into businesses ${db({ ...business, created_at: now, updated_at: now })}`.catch(
          explainUnwritten,
        )
        if (options.json) printJson(business)
        else print(`Created ${name}: ${business.id}`)
      }),
    )

  command
    .command('list')
    .description('List the businesses')
    .option('--json', 'Print JSON')
    .addHelpText('after', examples('talad business list', 'talad business list --json'))
    .action(({ json }) =>
      withApp(config(), async ({ db }) => {
        const rows = await db`
          select id, name, time_zone, to_char(business_day_starts_at, 'HH24:MI') as business_day_starts_at, currency
          from businesses order by created_at, id`
        if (json) printJson(rows)
        else if (rows.length === 0) print('No business exists yet; create one: talad business create <name>')
        else printTable(rows.map(({ id, name, time_zone, currency }) => ({ id, name, time_zone, currency })))
      }),
    )
  return command
}

/** Explains why a business was not written. A cluster writes it on every node. */
function explainUnwritten(error: unknown): never {
  if (!isUnavailable(error)) throw error
  throw new Refusal(
    `The business was not created, because the database does not accept it now: ${(error as Error).message.split('\n', 1)[0]}. On a cluster, every node must be reachable (talad cluster status). Try again then.`,
  )
}

/** Returns the id of a business given by id or name, or of the only business. @throws Refusal */
export async function businessOf(db: Database, word: string | undefined): Promise<string> {
  const businesses = await db<{ id: string; name: string }[]>`select id, name from businesses order by created_at, id`
  const [first] = businesses
  if (!first) throw new Refusal('No business exists yet; create one: talad business create <name>')
  if (word === undefined && businesses.length > 1)
    throw new Refusal(`Several businesses exist; choose one with --business: ${named(businesses)}.`)
  const found = word === undefined ? [first] : businesses.filter(({ id, name }) => id === word || name === word)
  if (found.length > 1) throw new Refusal(`Several businesses have the name ${word}; use an id: ${named(found)}.`)
  const [only] = found
  if (!only) throw new Refusal(`Unknown business ${word}; the businesses are ${named(businesses)}.`)
  return only.id
}

const NAMED_MAX = 5

/** Lists some businesses with their ids, for a message. */
function named(businesses: { id: string; name: string }[]): string {
  const more = businesses.length - NAMED_MAX
  const some = businesses.slice(0, NAMED_MAX).map(({ id, name }) => `${id} (${name})`)
  return more > 0 ? `${some.join(', ')} and ${more} more (talad business list)` : some.join(', ')
}

const NAME_MAX_LENGTH = 200

/** Validates a name: one line of text that fits into logs. @throws UsageMistake */
export function businessName(text: string): string {
  if (text.trim() === '') throw new UsageMistake('A name must not be empty.')
  if ([...text].length > NAME_MAX_LENGTH) throw new UsageMistake(`A name has at most ${NAME_MAX_LENGTH} characters.`)
  if (/\p{Cc}/u.test(text)) throw new UsageMistake('A name must be on one line, without control characters.')
  return text.trim()
}

function timeZone(name: string): string {
  try {
    // Intl also accepts offsets such as +07:00, but Postgres reads them with the opposite sign.
    if (/^[+-]/.test(name)) throw new RangeError()
    new Intl.DateTimeFormat('en', { timeZone: name })
    return name
  } catch {
    throw new UsageMistake(`Unknown time zone ${name}; use a name such as Asia/Bangkok.`)
  }
}

function timeOfDay(text: string): string {
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(text))
    throw new UsageMistake(`--day-starts-at must be a time such as 04:00, not ${text}.`)
  return text
}

function currency(text: string): string {
  if (!/^[A-Z]{3}$/.test(text))
    throw new UsageMistake(`--currency must be three capital letters such as THB, not ${text}.`)
  return text
}

/** Returns a business as readers need it. @param id of a business that exists */
export async function wholeBusiness(db: Runner, id: string): Promise<Caller['business']> {
  const [row] = await db<Caller['business'][]>`
    select id, name, time_zone as "timeZone", to_char(business_day_starts_at, 'HH24:MI') as "dayStartsAt", currency
    from businesses where id = ${id}`
  return row as Caller['business']
}
