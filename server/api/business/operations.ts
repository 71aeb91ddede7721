import { Data, List, operation } from '../../contract/operation.ts'
import { parseRows } from '../../contract/page.ts'
import { listBranches } from './queries.ts'
import { Branch, Me } from './schema.ts'

const tag = 'Business'

export const me = operation({
  id: 'me.get',
  method: 'GET',
  path: '/me',
  tag,
  scope: 'token',
  summary: { th: 'ดูข้อมูลของ Token ที่ใช้อยู่', en: 'Get details of the access token' },
  about: {
    th: 'แสดงแอป ธุรกิจ Scope สาขา และ Rate limit ของ Token ที่ส่งมา เรียก Endpoint นี้ก่อนเมื่อคำขออื่นไม่ได้รับอนุญาต',
    en: 'Returns the application, business, scopes, branches and rate limit of the token in the request. Call this endpoint first when another request is not allowed.',
  },
  uses: {
    th: [
      'ตรวจการตั้งค่าหลังได้รับ Client ID และ Client Secret',
      'อ่านเขตเวลาและเวลาเริ่มวันทำการของธุรกิจก่อนคำนวณวันที่',
      'แสดงในหน้าตั้งค่าว่าเชื่อมต่อกับร้านใด และอ่านข้อมูลใดได้บ้าง',
    ],
    en: [
      'Checking the setup after receiving a client ID and secret',
      'Reading the time zone and the start of the business day before calculating dates',
      'Showing on a settings page which shop is connected and which data can be read',
    ],
  },
  response: Data(Me),
  cache: 'by tag',
  compressible: true,
  handle: async ({ db, caller }) => {
    const { id, application, business, rate } = caller
    const branches = await listBranches(db, caller)
    return {
      application: { id, name: application.name, kind: application.kind },
      business: {
        id: business.id,
        name: business.name,
        time_zone: business.timeZone,
        business_day_starts_at: business.dayStartsAt,
        currency: business.currency,
      },
      scopes: [...caller.scopes],
      branches: parseRows(branches).map(({ id, code, name }) => ({ id, code, name })),
      history_days: caller.historyDays,
      expires_at: caller.token.expiresAt.toISOString(),
      rate_limit: { requests: rate.requests, per_seconds: Math.ceil(rate.requests / rate.perSecond) },
    }
  },
})

export const branches = operation({
  id: 'branches.list',
  method: 'GET',
  path: '/branches',
  tag,
  scope: 'token',
  summary: { th: 'ดึงรายการสาขาที่ Token เข้าถึงได้', en: 'List branches' },
  about: {
    th: 'แสดงทุกสาขาที่ Token เข้าถึงได้ใน Response เดียว เรียงตามชื่อ แล้วตาม id',
    en: 'Returns all branches that the token can access in one response, sorted by name, then id.',
  },
  uses: {
    th: ['แสดงรายชื่อสาขาให้ผู้ใช้เลือก', 'จับคู่ `branch_id` ในข้อมูลอื่นกับชื่อและรหัสสาขา'],
    en: ['Letting users choose a branch', 'Matching `branch_id` in other records with branch names and codes'],
  },
  response: List(Branch),
  cache: 'by tag',
  compressible: true,
  handle: ({ db, caller }) => listBranches(db, caller),
})
