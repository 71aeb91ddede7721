import type { MemberCaller } from '../../contract/caller.ts'
import { Data, Page, PageQuery } from '../../contract/operation.ts'
import { ChoiceParameter, DayParameter, ExactParameter, IdParameter, Required } from '../../contract/parameters.ts'
import { Problem } from '../../contract/problem.ts'
import type { Runner } from '../../db/database.ts'
import { beginOfDay } from '../../ledger/search_days.ts'
import { applicationNames } from '../../oauth/application_names.ts'
import { findRequest, loggedRequests, type RequestRow, STATUS_FILTERS } from '../../requests/read_log.ts'
import { composedPage, memberOperation } from '../frame.ts'
import { ConsoleRequest } from './schema.ts'

const tag = 'Monitoring'

const FILTERS = {
  application_id: IdParameter('กรองตามแอป', 'Filter by application'),
  operation: ExactParameter(
    'กรองตาม Operation หรือส่วนหน้าจุด เช่น `ingest`',
    'Filter by operation, or by the part before the dot, such as `ingest`',
    'sales.list',
  ),
  status: ChoiceParameter(STATUS_FILTERS, 'กรองตามผลลัพธ์', 'Filter by result'),
  request_id: ExactParameter('กรองตาม ID ของคำขอ', 'Filter by request ID', '5f0c6f0e-93c5-4f0e-9a3b-5a1c1f3b7d21'),
  from: DayParameter('ตั้งแต่วันนี้', 'From this day on, in the time zone of the business'),
  to: DayParameter('ถึงวันนี้', 'Up to and including this day'),
}

export const listLogged = memberOperation({
  ...{ id: 'console.requests.list', method: 'GET', path: '/requests', role: 'viewer', tag },
  summary: { th: 'ดึงบันทึกคำขอของแอป', en: 'List the requests of applications' },
  about: {
    th: 'เก็บ 90 วัน ใหม่สุดก่อน ไม่มีข้อความที่ใช้ค้นหา เนื้อหาคำขอ หรือ Secret ผู้ที่มีสิทธิ์ viewer ไม่เห็น IP address และ ID ใน path',
    en: 'Kept for 90 days, newest first. No row holds a search text, a body or a secret. A viewer sees no client addresses and no IDs.',
  },
  query: PageQuery(FILTERS),
  response: Page(ConsoleRequest),
  async handle({ db, caller, query: { filters, limit, after }, clock }) {
    const { from, to, ...rest } = filters
    const days = {
      from: await beginOfDay(db, caller.business.id, from, 0, clock()),
      to: await beginOfDay(db, caller.business.id, to, 1, clock()),
    }
    const wanted = { filters: { ...rest, ...days }, limit: limit + 1, after }
    const rows = await loggedRequests(db, caller.business.id, wanted, clock())
    return composedPage(await shownRequests(db, caller, rows), limit)
  },
})

export const getLogged = memberOperation({
  ...{ id: 'console.requests.get', method: 'GET', path: '/requests/{id}', role: 'viewer', tag },
  summary: { th: 'ดึงคำขอหนึ่งรายการ', en: 'Get a request of an application' },
  params: { id: Required(IdParameter('ID ของแถว', 'ID of the row')) },
  response: Data(ConsoleRequest),
  async handle({ db, caller, path }) {
    const row = await findRequest(db, caller.business.id, path.id)
    if (!row) throw new Problem('not_found')
    const [shown] = await shownRequests(db, caller, [row])
    return shown as object
  },
})

const ID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi

/** Returns requests with the names of their applications. A viewer sees no addresses, and no ids of customers. */
async function shownRequests(db: Runner, { member }: MemberCaller, rows: readonly RequestRow[]) {
  const names = await applicationNames(
    db,
    rows.map(({ application_id }) => application_id),
  )
  return rows.map(({ id, created_at, application_id, path, query, duration_ms, address, ...row }) => {
    const isViewer = member.role === 'viewer'
    const { request_id, operation, method, status, error, reason } = row
    return {
      ...{
        id,
        created_at,
        application_id,
        application: names.get(application_id) ?? null,
        request_id,
        operation,
        method,
      },
      path: isViewer ? path.replaceAll(ID, '*') : path,
      query: isViewer ? (query?.replaceAll(ID, '*') ?? null) : query,
      ...{ status, error, reason, duration_ms: String(Math.round(duration_ms * 100) / 100) },
      address: isViewer ? null : address,
    }
  })
}
