import type { Caller } from '../contract/caller.ts'
import { Feed, type Operation, operation, Query } from '../contract/operation.ts'
import { type FeedRows, joinBuffers } from '../contract/page.ts'
import { ChoiceParameter, INCLUDE_IN_ROWS, PAGING, PositionParameter, Repeated } from '../contract/parameters.ts'
import { invalidQuery } from '../contract/problem.ts'
import type { Runner } from '../db/database.ts'
import { EVENTS_KEPT_DAYS, PAGE_LIMIT_DEFAULT } from '../limits.ts'
import { EVENT_TYPES, type EventType, isSeen } from './event_types.ts'
import { dataOf, dataWithItemsOf, type LoggedEvent, type ResourceReaders, readEvents } from './feed.ts'
import { headOf } from './record.ts'
import { eventData, eventResource } from './schema.ts'

/** Notes what an application has been told of erasures. */
export type ErasureNotes = {
  /** A response shows it these events. */
  shown(caller: Caller, events: readonly ShownErasure[], now: Date): Promise<void>
  /** It has asked for what follows this position, so it has the events up to it that were shown. */
  confirmed(caller: Caller, position: number, now: Date): Promise<void>
}

export type ShownErasure = { customerId: string; position: number }

/** Declares GET /events. @param resourceReaders how the resources are rendered */
export function eventOperations(resourceReaders: ResourceReaders, erasures: ErasureNotes): Operation[] {
  const list = operation({
    id: 'events.list',
    method: 'GET',
    path: '/events',
    tag: 'Events',
    scope: 'token',
    summary: { th: 'ดึงรายการ Event ตามลำดับที่เกิดขึ้น', en: 'List events, oldest first' },
    about: {
      th: `แสดงการเปลี่ยนแปลงทั้งหมดตามลำดับ เก็บไว้ ${EVENTS_KEPT_DAYS} วัน เฉพาะชนิดที่ Scope อนุญาตและสาขาที่ Token เข้าถึงได้ หากต้องการสำเนาที่ตรงกันทุกแถว ให้เรียก \`after=latest\` ก่อน แล้วอ่านรายการทั้งหมด จากนั้นอ่าน Event ต่อจาก \`next_after\` หาก \`has_more\` เป็น true หน้าที่ไม่เต็มหรือว่างยังไม่ใช่หน้าสุดท้าย ฟิลด์ PII (ข้อมูลติดต่อ) ทั้ง 9 ฟิลด์ไม่ปรากฏที่นี่ไม่ว่ามี Scope ใด ให้อ่านจากข้อมูลลูกค้าแทน ส่วนชื่อลูกค้าปรากฏใน Event ของลูกค้า`,
      en: `Returns all changes in order, kept for ${EVENTS_KEPT_DAYS} days, limited to the token's scopes and branches. For an exact copy, request \`after=latest\` first, then read all lists, then follow \`next_after\`. While \`has_more\` is true, a short or empty page is not the last one. The nine PII fields (contact data) never appear here, whatever the scopes: read the customer instead. Customer events do contain names.`,
    },
    uses: {
      th: ['ซิงค์ข้อมูลให้ตรงกับร้านอยู่เสมอ โดยไม่ต้องใช้ Webhook', 'อ่าน Event ที่ระบบของคุณพลาดไป'],
      en: ['Keeping a copy up to date without webhooks', 'Catching up on events that your system missed'],
    },
    query: Query({
      after: PositionParameter(
        'อ่าน Event หลัง Position นี้ (next_after ของหน้าก่อน) หรือ `latest` เพื่อขอ Position ล่าสุด ค่าเริ่มต้นคือเริ่มจาก Event เก่าที่สุดที่ยังเก็บไว้',
        'Return events after this position (next_after of the previous page), or `latest` for the newest position. Default: the oldest event we keep',
      ),
      event_type: Repeated(
        ChoiceParameter(EVENT_TYPES, 'กรองตามชนิดของ Event ระบุได้หลายค่า', 'Filter by event type; can be repeated'),
      ),
      include: INCLUDE_IN_ROWS,
      limit: PAGING.limit,
    }),
    response: Feed(eventResource(eventData(resourceReaders))),
    compressible: true,
    async handle({ db, caller, clock, request, query: { after, event_type, include, limit = PAGE_LIMIT_DEFAULT } }) {
      if (after === 'latest')
        return { rows: NOTHING, count: 0, nextAfter: await headOf(db, caller.business.id), hasMore: false, limit }
      return listEvents(db, { ...caller, wayOut: 'feed' }, resourceReaders, {
        after: after ?? null,
        asked: event_type,
        hasItems: include === 'items',
        limit,
        // A response to HEAD shows no event.
        noteShown: (events) => (request.hasResponseBody ? erasures.shown(caller, events, clock()) : undefined),
        noteConfirmed: (position) => erasures.confirmed(caller, position, clock()),
      })
    },
  })
  return [list]
}

const NOTHING = Buffer.alloc(0)

async function listEvents(
  db: Runner,
  caller: Caller,
  resourceReaders: ResourceReaders,
  {
    after,
    asked,
    hasItems,
    limit,
    noteShown,
    noteConfirmed,
  }: {
    after: number | null
    asked: readonly EventType[] | undefined
    hasItems: boolean
    limit: number
    noteShown(events: ShownErasure[]): Promise<void> | undefined
    noteConfirmed(position: number): Promise<void>
  },
): Promise<FeedRows> {
  const types = (asked ?? EVENT_TYPES).filter((type) => isSeen(type, caller.scopes))
  const { business, branches } = caller
  const { events, lookedAt, head, oldest, lowestAfter, lostSpan, confirmsErasure } = await readEvents(db, {
    ...{ businessId: business.id, after, types, branches, limit },
    toldOfErasures: asked === undefined || asked.includes('customer.deleted') ? caller.id : null,
  })
  if (after !== null && after < lowestAfter)
    throw refusedAfter(`must be ${lowestAfter} or greater: the oldest event we keep has position ${oldest}`)
  if (lostSpan)
    throw refusedAfter(
      `must be ${lostSpan.lastPosition} or less, or ${lostSpan.epoch} or greater: the database was restored from a backup, and the events between were lost. Read all lists again, from after=latest`,
    )
  // A later position comes from a different log. Waiting for it would miss events.
  if (after !== null && after > head) throw refusedAfter(`must be ${head} or less: the newest event has that position`)
  if (after !== null && confirmsErasure) await noteConfirmed(after)
  const data = hasItems
    ? await dataWithItemsOf(db, caller, resourceReaders, events)
    : events.map(await dataOf(db, caller, resourceReaders, events))
  const isCut = data.length < events.length
  const deleted = events.slice(0, data.length).filter(({ type }) => type === 'customer.deleted')
  if (deleted.length > 0)
    await noteShown(deleted.map(({ resource_id, position }) => ({ customerId: resource_id, position })))
  const nextAfter = isCut ? (events[data.length - 1] as LoggedEvent).position : lookedAt
  return {
    rows: joinBuffers(data.map((row, at) => Buffer.concat([insideOf(events[at] as LoggedEvent), row, OBJECT_END]))),
    ...{ count: data.length, nextAfter, hasMore: nextAfter < head, limit },
  }
}

const refusedAfter = (message: string) => invalidQuery([{ field: 'after', message }])

/** Renders the members of an event up to the members of its data. */
const insideOf = ({ id, position, type, business_id, branch_id, ...rest }: LoggedEvent): Buffer => {
  const { resource_type, resource_id, occurred_at, created_at } = rest
  const what = { id, position, type, business_id, branch_id, resource_type, resource_id, occurred_at, created_at }
  return Buffer.from(`${JSON.stringify(what).slice(1, -1)},"data":{`)
}

const OBJECT_END = Buffer.from('}')
