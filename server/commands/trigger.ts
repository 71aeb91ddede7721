import { Command } from 'commander'
import type { Config } from '../config.ts'
import { readDemo } from '../demo/demo.ts'
import { demoClient, ServerAway, ServerRefused } from '../demo/simulation/client.ts'
import { NothingToChange } from '../demo/triggers/changes.ts'
import { type Triggered, trigger } from '../demo/triggers/trigger.ts'
import { EVENT_TYPES, type EventType, meaningOf } from '../events/event_types.ts'
import { nearest } from '../nearest.ts'
import { Refusal } from '../oauth/applications.ts'
import { print, printJson, printTable } from './terminal/terminal.ts'
import { examples, UsageMistake } from './terminal/usage.ts'

export const triggerCommand = (config: () => Config): Command =>
  new Command('trigger')
    .description(
      'Cause an event in the demo business by a real change: the command sends a record to the Ingest API of the running server, as a till does. Webhooks, GET /events and the lists show the change.',
    )
    .summary('Cause an event in the demo business, to test webhooks')
    .argument('[type]', 'Event type, such as sale.created')
    .option('--list', 'List the event types')
    .option('--json', 'Print JSON')
    .addHelpText(
      'after',
      `
The address and the credentials come from demo.json, which the first start of the server writes. Nothing but the demo
business is changed. A deletion deletes a record that this command created before. If there is none, it creates one
first, so that the event of the creation precedes. A change of stock also causes the events of its level.`,
    )
    .addHelpText(
      'after',
      examples('talad trigger sale.created', 'talad trigger --list', 'talad trigger inventory.out_of_stock --json'),
    )
    .action(async (word: string | undefined, { list, json }: { list?: true; json?: true }) => {
      if (list) return listTypes(word, json)
      if (word === undefined) throw new UsageMistake('<type> is missing: talad trigger --list shows the types.')
      const triggered = await causeEvent(config(), eventType(word))
      if (json) printJson(triggered)
      else describe(triggered)
    })

function listTypes(word: string | undefined, json?: true): void {
  if (word !== undefined) throw new UsageMistake(`--list and the type ${word} cannot be used together.`)
  const rows = EVENT_TYPES.map((type) => ({ type, when: meaningOf(type).en }))
  if (json) printJson(rows)
  else printTable(rows.map(({ type, when }) => ({ type, when: when.replaceAll('`', '') })))
}

function eventType(word: string): EventType {
  const type = EVENT_TYPES.find((one) => one === word)
  if (type) return type
  if (word === 'ping')
    throw new UsageMistake(
      'ping is not caused by a change: POST /api/partner/v1/webhooks/{id}/ping sends it (talad-api webhooks ping <id>).',
    )
  const near = nearest(word, EVENT_TYPES)
  throw new UsageMistake(
    `Unknown event type ${word}; ${near ? `did you mean ${near}?` : 'talad trigger --list shows the types.'}`,
  )
}

async function causeEvent({ dataDir }: Config, type: EventType): Promise<Triggered> {
  const demo = await readDemo(dataDir)
  if (!demo)
    throw new Refusal(
      `demo.json does not exist in ${dataDir}, so this is not a demo: the first start of talad serve on an empty database creates it with the demo business.`,
    )
  try {
    return await trigger(demoClient(demo), type, Date.now)
  } catch (error) {
    if (error instanceof ServerAway)
      throw new Refusal(
        `The server at ${demo.base_url} is unavailable (${error.message}): ${error.status === undefined ? 'start it with talad serve, and retry.' : 'retry in some seconds.'}`,
      )
    if (error instanceof ServerRefused) throw new Refusal(`The server rejected a request: ${error.message}.`)
    if (error instanceof NothingToChange) throw new Refusal(`The demo has no ${error.message} left: ${remedyFor(type)}`)
    throw error
  }
}

const remedyFor = (type: EventType): string =>
  type.startsWith('sale.') && type !== 'sale.created'
    ? 'talad trigger sale.created creates one.'
    : 'create the demo again with an empty TALAD_DATA_DIR.'

function describe({ type, event_id, position, resource_type, resource_id, caused }: Triggered): void {
  print(`${type}  position ${position}, event ${event_id}, ${resource_type} ${resource_id}`)
  const others = caused.toSpliced(caused.lastIndexOf(type), 1)
  if (others.length > 0) print(`The same change also caused ${others.join(' and ')}.`)
  print('Webhooks that subscribe to it receive it now.')
}
