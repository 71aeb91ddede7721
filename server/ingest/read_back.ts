import { sql } from 'kysely'
import type { ApplicationCaller } from '../contract/caller.ts'
import { type Operation, operation, Plain, Query } from '../contract/operation.ts'
import { IdParameter, Repeated, Required } from '../contract/parameters.ts'
import { INGEST_PLANE } from '../contract/plane.ts'
import type { RecordKind, Values } from '../contract/record_kind.ts'
import { Id, Many, Nullable, Resource, Text, Time } from '../contract/schema.ts'
import { build, type Runner, runStatement } from '../db/database.ts'
import { byIds, lookUp } from '../db/lookup.ts'
import type { Tables } from '../db/schema/tables.ts'
import { COMPARED_AT_ONCE, IDS_MAX } from '../limits.ts'
import { among, type Readable, readMany } from '../rows/pages.ts'
import { ALL_SCOPES } from '../scopes.ts'
import { yieldIfSliceOver } from '../time_slice.ts'
import { contentHash } from './content_hash.ts'
import { statementsOf } from './write/statements.ts'

// Tells a writer which of its records are stored, and in which version. It reads no field of a record: the version and a hash
// are all that it gets, and only for records in its own branches.

const RECORD_VERSION = {
  id: Id('ID ของ record', 'Record ID', '9d5b7e20-c8f1-4a36-b247-0e1f6a9c3d58'),
  updated_at: Nullable(
    Time(
      'เวอร์ชันที่บันทึกไว้ เป็น null สำหรับความเคลื่อนไหวของสต็อก ซึ่งไม่มีเวอร์ชัน และสำหรับสต็อกที่ยังไม่เคยส่งการตั้งค่า',
      'The stored version; null for stock movements, which have no versions, and for stock levels whose settings were never sent',
      '2026-06-01T05:21:44.000Z',
    ),
  ),
  content_hash: Text(
    'SHA-256 ของเนื้อหาที่ผู้ส่งกำหนด เป็น hex ดูวิธีคำนวณในคู่มือ Ingest API',
    'SHA-256 of the content that the sender controls, in hex; the ingest guide has the recipe',
    '0d7d9c0f1a52c1f3a0a5b6f0c8f64a1e7a3c1d0b9f8e7d6c5b4a39281706f5e4',
  ),
}

export const RecordVersions = Resource(
  'RecordVersions',
  { th: 'เวอร์ชันของ record ที่บันทึกไว้', en: 'The versions of stored records.' },
  { data: Many(RECORD_VERSION, 'record ที่มีอยู่ เรียงตาม ID', 'The records that exist, by id', []) },
)

/** Declares GET /api/ingest/v1/… for a record kind. @param inTurn waits until the application may work with batches */
export function readBackOperation(
  kind: RecordKind,
  inTurn: <T>(applicationId: string, work: () => Promise<T>) => Promise<T>,
): Operation {
  const { path, named } = kind
  return operation({
    id: `ingest_versions.${path.replaceAll('-', '_')}`,
    method: 'GET',
    plane: INGEST_PLANE,
    class: 'ingest',
    path: `/${path}`,
    tag: 'Ingest',
    scope: 'write:ingest',
    summary: { th: `ตรวจเวอร์ชันของ${named.th}`, en: `Check the stored versions of ${named.en}` },
    about: {
      th: 'แสดง ID, updated_at และ Hash ของ record ที่บันทึกไว้ โดยไม่มีฟิลด์อื่น ID ที่ไม่มีอยู่หรืออยู่ในสาขาที่แอปไม่มีสิทธิ์เข้าถึงจะไม่ปรากฏ',
      en: 'Returns the id, updated_at and a content hash of stored records, and no other field. IDs that do not exist, or that are in branches that the application cannot access, are absent.',
    },
    query: Query({
      id: Required(
        Repeated(
          IdParameter(`ID ของ record ระบุได้ไม่เกิน ${IDS_MAX} ค่า`, `Record id; can be repeated up to ${IDS_MAX} times`),
          IDS_MAX,
        ),
      ),
    }),
    response: Plain(RecordVersions),
    async handle({ db, caller, query: { id } }) {
      return inTurn(caller.id, async () => ({ data: await storedVersions(db, kind, caller, id as string[]) }))
    },
  })
}

type RecordVersion = { id: string; updated_at: string | null; content_hash: string }

async function storedVersions(
  db: Runner,
  kind: RecordKind,
  { business, branches }: ApplicationCaller,
  ids: readonly string[],
): Promise<RecordVersion[]> {
  const { table } = kind.resource
  let rows = build
    .selectFrom(table as keyof Tables)
    .where('business_id' as never, '=', business.id as never) as Readable
  if (kind.branch !== 'none' && branches !== 'all')
    rows = rows.where(among(`${table}.${kind.branch === 'itself' ? 'id' : 'branch_id'}`, branches))
  const reader = { scopes: new Set(ALL_SCOPES), wayOut: 'comparison', business, branches } as const
  const wires = await readMany(db, reader, kind.resource, rows, ids)
  const unseen = await readSentOnly(db, kind, business.id, [...wires.keys()])
  const versions: RecordVersion[] = []
  for (const portion of portions([...wires].map(([id, wire]) => ({ id, record: JSON.parse(`{${wire}}`) as Values })))) {
    const items = await itemsOf(db, kind, business.id, portion)
    for (const { id, record } of portion) {
      const updated_at = kind.how === 'versions' ? (record.updated_at as string) : null
      versions.push({
        id,
        updated_at,
        content_hash: contentHash(kind, { ...record, ...unseen.get(id) }, items.get(id) ?? []),
      })
      await yieldIfSliceOver()
    }
  }
  if (kind.how === 'levels') await addSettingTimes(db, business.id, versions)
  return versions.sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** Reads the fields that only senders know. They count in the hash, and are in no JSON of a row. */
async function readSentOnly(
  db: Runner,
  { resource, sentOnly }: RecordKind,
  businessId: string,
  ids: readonly string[],
): Promise<Map<string, Values>> {
  const names = Object.keys(sentOnly)
  if (names.length === 0) return new Map()
  const columns = sql.join(['id', ...names].map((name) => sql.ref(name)))
  const rows = await runStatement(db, lookUp<Values & { id: string }>(businessId, resource.table, columns, byIds(ids)))
  return new Map(rows.map(({ id, ...values }) => [id, values as Values]))
}

/** Divides records so that each part has a limited number of items. */
function* portions<T extends { record: Values }>(records: readonly T[]): Generator<T[]> {
  let portion: T[] = []
  let size = 0
  for (const one of records) {
    portion.push(one)
    size += 1 + Number(one.record.item_count ?? 0)
    if (size < COMPARED_AT_ONCE) continue
    yield portion
    portion = []
    size = 0
  }
  if (portion.length > 0) yield portion
}

async function itemsOf(
  db: Runner,
  kind: RecordKind,
  businessId: string,
  records: readonly { id: string }[],
): Promise<Map<string, Values[]>> {
  const { items } = statementsOf(kind, businessId)
  const found = new Map<string, Values[]>()
  if (!items) return found
  for (const { of, wire } of await runStatement(db, items.content(records.map(({ id }) => id)))) {
    const own = found.get(of) ?? []
    own.push(JSON.parse(`{${wire}}`) as Values)
    found.set(of, own)
    await yieldIfSliceOver()
  }
  return found
}

/** Adds the versions of the settings of stock levels. Movements change `updated_at` of a level, but not this version. */
async function addSettingTimes(db: Runner, businessId: string, versions: RecordVersion[]): Promise<void> {
  const ids = versions.map(({ id }) => id).sort()
  const columns = sql`id, iso_time(set_at) as set_at`
  const rows = await runStatement(
    db,
    lookUp<{ id: string; set_at: string | null }>(businessId, 'stock_levels', columns, byIds(ids)),
  )
  const times = new Map(rows.map(({ id, set_at }) => [id, set_at]))
  for (const version of versions) version.updated_at = times.get(version.id) ?? null
}
