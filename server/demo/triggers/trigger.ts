import type { EventType } from '../../events/event_types.ts'
import { BUSINESS } from '../business.ts'
import { type DemoClient, type ListedRow, ServerRefused } from '../simulation/client.ts'
import { changesFor } from './changes.ts'

// Causes an event of a type in the demo business, by a real change through the Ingest plane of the running server. So the
// record, the log, the webhooks and the lists agree, as after a change by a till.

const PARTNER = '/api/partner/v1'

export type Triggered = {
  type: EventType
  event_id: string
  position: number
  resource_type: string
  resource_id: string
  branch_id: string | null
  occurred_at: string
  /** The types of all events that the change caused, in the order of their positions. */
  caused: EventType[]
}

/**
 * Causes the event and returns it as the log has it.
 *
 * @throws NothingToChange if no record of the demo can change like this
 * @throws ServerRefused if the business is not the demo, or the server rejects the change
 * @throws ServerAway
 */
export async function trigger(client: DemoClient, type: EventType, now: () => number): Promise<Triggered> {
  await requireDemo(client)
  const newest = async (path: string, query = '') =>
    (await client.read('all', `${PARTNER}${path}${query && '?'}${query}`)).data
  const changes = await changesFor(type, { newest, now })
  const { pagination } = await client.read('all', `${PARTNER}/events?after=latest`)
  for (const { path, record } of changes) {
    const [rejected] = (await client.write(path, [record])).rejected
    if (rejected) throw new ServerRefused(`${path}: ${rejected.field} ${rejected.message}`)
  }
  const causes = changes.flatMap(({ causes }) => causes)
  const isOurs = (event: ListedRow) =>
    causes.some((cause) => cause.type === event.type && cause.resource_id === event.resource_id)
  const events: ListedRow[] = []
  for (let after = pagination.next_after, hasMore = true; hasMore && events.length < causes.length; ) {
    const page = await client.read('all', `${PARTNER}/events?after=${after}&limit=200`)
    events.push(...page.data.filter(isOurs))
    after = page.pagination.next_after
    hasMore = page.pagination.has_more
  }
  const event = events.findLast((one) => one.type === type)
  if (!event) throw new ServerRefused(`the change was stored without an event ${type}`)
  const { id: event_id, position, resource_type, resource_id, branch_id, occurred_at } = event
  const caused = events.map((one) => one.type)
  return { type, event_id, position, resource_type, resource_id, branch_id, occurred_at, caused }
}

/** Checks that both applications belong to the demo business, so that nobody's own data is changed. */
async function requireDemo(client: DemoClient): Promise<void> {
  for (const name of ['all', 'pos']) {
    const { data } = await client.read(name, `${PARTNER}/me`)
    if (data.business.id !== BUSINESS.id)
      throw new ServerRefused(
        `the application ${name} of demo.json belongs to ${data.business.name}, which is not the demo business; nothing was changed`,
      )
  }
}
