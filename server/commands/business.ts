import { randomUUID } from 'node:crypto'
import { Command } from 'commander'
import type { Config } from '../config.ts'
import { Refusal } from '../oauth/applications.ts'
import { withApp } from './session.ts'
import { print, printJson, printTable } from './terminal.ts'

export function businessCommand(config: () => Config): Command {
  const command = new Command('business').description('the businesses of this server')

  command
    .command('create <name>')
    .description('create a business')
    .option('--time-zone <zone>', 'IANA name of its time zone', 'Asia/Bangkok')
    .option('--day-starts-at <hh:mm>', 'when its business day starts', '00:00')
    .option('--currency <code>', 'ISO 4217 code of its currency', 'THB')
    .option('--json', 'print JSON')
    .action((name: string, { timeZone, dayStartsAt, currency, json }) => {
      if (!isTimeZone(timeZone)) throw new Refusal(`${timeZone} is no time zone; name one such as Asia/Bangkok.`)
      if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(dayStartsAt))
        throw new Refusal(`--day-starts-at must be a time such as 04:00, not ${dayStartsAt}.`)
      if (!/^[A-Z]{3}$/.test(currency))
        throw new Refusal(`--currency must be three capital letters such as THB, not ${currency}.`)
      return withApp(config(), async ({ db, clock }) => {
        const now = clock()
        const business = { id: randomUUID(), name, time_zone: timeZone, business_day_starts_at: dayStartsAt, currency }
        await db`insert into businesses ${db({ ...business, created_at: now, updated_at: now })}`
        if (json) printJson(business)
        else print(`Created ${name}: ${business.id}`)
      })
    })

  command
    .command('list')
    .description('list the businesses')
    .option('--json', 'print JSON')
    .action(({ json }) =>
      withApp(config(), async ({ db }) => {
        const rows = await db`
          select id, name, time_zone, to_char(business_day_starts_at, 'HH24:MI') as business_day_starts_at, currency
          from businesses order by created_at, id`
        if (json) printJson(rows)
        else if (rows.length === 0) print('There is no business yet: talad business create <name>')
        else printTable(rows.map(({ id, name, time_zone, currency }) => ({ id, name, time_zone, currency })))
      }),
    )
  return command
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
