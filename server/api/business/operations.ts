import { Data, List, operation } from '../../http/operation.ts'
import { parseRows } from '../../http/page.ts'
import { listBranches } from './queries.ts'
import { Branch, Me } from './schema.ts'

const tag = 'Business'

export const me = operation({
  id: 'me.get',
  method: 'GET',
  path: '/me',
  tag,
  scope: 'token',
  summary: { th: 'Token นี้คืออะไร', en: 'What this token is' },
  about: {
    th: 'แอป ธุรกิจ Scope สาขา และ Rate limit ของ Token ที่ส่งมา ใช้ตรวจว่าตั้งค่าถูกต้องก่อนเรียก Endpoint อื่น',
    en: 'The application, business, scopes, branches and rate limit of the token that was sent: what to look at first when something is not allowed.',
  },
  uses: {
    th: [
      'ตรวจการตั้งค่าหลังได้รับ Client ID และ Client Secret',
      'อ่านเขตเวลาและเวลาเริ่มวันทำการของธุรกิจก่อนคำนวณวันที่',
      'แสดงในหน้าตั้งค่าว่าเชื่อมต่อกับร้านใด และอ่านอะไรได้บ้าง',
    ],
    en: [
      'Checking the setup after receiving a client id and secret',
      'Reading the time zone and the start of the business day before working with dates',
      'Showing on a settings page which shop is connected, and what can be read',
    ],
  },
  response: Data(Me),
  handle: async ({ db, caller }) => {
    const { application, business, rate } = caller
    const branches = await listBranches(db, caller)
    return {
      application: { id: application.id, name: application.name, kind: application.kind },
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
      expires_at: caller.expiresAt.toISOString(),
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
  summary: { th: 'ดึงสาขาที่ Token นี้เห็น', en: 'List the branches that the token sees' },
  about: { th: 'ทุกสาขาในคำตอบเดียว เรียงตามชื่อ', en: 'All of them in one answer, by name, then id.' },
  uses: {
    th: ['แสดงรายชื่อสาขาให้ผู้ใช้เลือก', 'จับคู่ `branch_id` ในข้อมูลอื่นกับชื่อและรหัสสาขา'],
    en: ['Offering a choice of branches', 'Matching the `branch_id` of other records with names and codes'],
  },
  response: List(Branch),
  handle: ({ db, caller }) => listBranches(db, caller),
})
