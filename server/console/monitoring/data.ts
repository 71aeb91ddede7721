import { RECORDS_COUNTED_MAX } from '../../contract/console_limits.ts'
import { Data } from '../../contract/operation.ts'
import type { RecordKind } from '../../contract/record_kind.ts'
import type { Runner } from '../../db/database.ts'
import { applicationNames } from '../../oauth/application_names.ts'
import { lastIngest } from '../../requests/read_log.ts'
import { memberOperation } from '../frame.ts'
import { ConsoleData } from './schema.ts'

/** Rejected batches that are shown. */
const REFUSED = 10

export const getData = (kinds: readonly RecordKind[]) =>
  memberOperation({
    ...{ id: 'console.data.get', method: 'GET', path: '/data', role: 'viewer', tag: 'Monitoring' },
    summary: { th: 'ดึงจำนวนข้อมูล และการส่งข้อมูลล่าสุด', en: 'Get the numbers of records, and the last batches' },
    // It counts rows.
    class: 'costly',
    response: Data(ConsoleData),
    async handle({ db, caller, clock }) {
      const { id } = caller.business
      const [branches, [event], accepted, refused] = await Promise.all([
        db<{ id: string; name: string }[]>`select id, name from branches where business_id = ${id}`,
        db<{ created_at: Date; type: string }[]>`
          select created_at, type from events where business_id = ${id} order by position desc limit 1`,
        lastIngest(db, id, { isRefused: false, limit: 1 }, clock()),
        lastIngest(db, id, { isRefused: true, limit: REFUSED }, clock()),
      ])
      const names = await applicationNames(
        db,
        [...accepted, ...refused].map(({ application_id }) => application_id),
      )
      const branchNames = new Map(branches.map((branch) => [branch.id, branch.name]))
      const resources: object[] = []
      // One after another, so that one request occupies one connection.
      for (const kind of kinds) resources.push(await countRecords(db, id, kind, branchNames))
      const [last] = accepted
      return {
        resources,
        ...{ last_event_at: event?.created_at ?? null, last_event_type: event?.type ?? null },
        last_ingest_at: last?.created_at ?? null,
        last_ingest_by: last ? (names.get(last.application_id) ?? null) : null,
        refused: refused.map(({ id, created_at, application_id, operation, status, error, reason }) => ({
          ...{ id, created_at, application: names.get(application_id) ?? null, operation, status, error, reason },
        })),
      }
    },
  })

/** Counts the records of a kind. @param most more of them are not counted, and not divided by branch */
export async function countRecords(
  db: Runner,
  businessId: string,
  { path, named, resource: { table }, branch }: RecordKind,
  names: ReadonlyMap<string, string>,
  most = RECORDS_COUNTED_MAX,
) {
  const ofBranch = branch === 'has one'
  const rows = await db<{ branch_id: string | null; records: number }[]>`
    select branch_id, count(*)::int as records from (
      select ${ofBranch ? db`branch_id` : db`null::uuid as branch_id`} from ${db(table)}
      where business_id = ${businessId} limit ${most + 1}) as counted
    group by 1`
  const records = rows.reduce((sum, { records }) => sum + records, 0)
  const isMore = records > most
  return {
    ...{ resource: path, th: named.th, en: named.en, records: Math.min(records, most), is_more: isMore },
    branches:
      ofBranch && !isMore
        ? rows
            .map(({ branch_id, records }) => ({ branch_id, branch: names.get(branch_id ?? '') ?? null, records }))
            .toSorted((a, b) => b.records - a.records)
        : [],
  }
}
