import { listBranches } from '../../api/business/queries.ts'
import { Branch } from '../../api/business/schema.ts'
import { REQUESTS_KEPT_DAYS, REQUESTS_KEPT_DAYS_MIN } from '../../contract/console_limits.ts'
import { Checked, ChoiceMember, CountMember, JsonBody, TextMember } from '../../contract/members.ts'
import { Data, Empty, List, type Operation } from '../../contract/operation.ts'
import type { Runner } from '../../db/database.ts'
import { retentionOf } from '../../privacy/processing.ts'
import { audit } from '../audit/audit.ts'
import { memberOperation } from '../frame.ts'
import { BusinessSettings } from './schema.ts'

const tag = 'Business'

const branches = memberOperation({
  ...{ id: 'console.branches.list', method: 'GET', path: '/branches', role: 'viewer', tag },
  summary: { th: 'ดึงรายการสาขา', en: 'List the branches' },
  response: List(Branch),
  handle: ({ db, caller }) => listBranches(db, caller),
})

const NAME_MAX_LENGTH = 200

type Settings = { name: string; language: 'th' | 'en'; requests_kept_days: number }

/** @param isChanging locks the row until the transaction ends */
async function settingsOf(db: Runner, businessId: string, isChanging = false): Promise<Settings> {
  const [row] = await db<Settings[]>`
    select name, language, requests_kept_days from businesses where id = ${businessId} ${isChanging ? db`for update` : db``}`
  return row as Settings
}

const get = memberOperation({
  ...{ id: 'console.business.get', method: 'GET', path: '/business', role: 'viewer', tag },
  summary: { th: 'ดึงการตั้งค่าของธุรกิจ', en: 'Get the settings of the business' },
  response: Data(BusinessSettings),
  async handle({ db, caller: { business } }) {
    const { name, language, requests_kept_days } = await settingsOf(db, business.id)
    return {
      ...{ name, time_zone: business.timeZone, day_starts_at: business.dayStartsAt, currency: business.currency },
      ...{ language, requests_kept_days, retention: retentionOf(requests_kept_days) },
    }
  },
})

const update = memberOperation({
  ...{ id: 'console.business.update', method: 'PATCH', path: '/business', role: 'owner', tag },
  summary: { th: 'เปลี่ยนการตั้งค่าของธุรกิจ', en: 'Change the settings of the business' },
  about: {
    th: 'เขตเวลา เวลาเริ่มวันทำการ และสกุลเงินเปลี่ยนที่นี่ไม่ได้ เพราะยอดรวมของทุกวันขึ้นกับค่าเหล่านี้ หากลดจำนวนวันที่เก็บบันทึกคำขอ แถวที่เก่ากว่านั้นหายไปจากบันทึกทันที และถูกลบถาวรภายในหนึ่งชั่วโมง',
    en: 'Time zone, start of the business day and currency cannot be changed here, because the totals of all days depend on them. If the log of requests is kept for fewer days, the older rows are hidden at once and deleted within an hour.',
  },
  body: JsonBody({
    name: TextMember('ชื่อธุรกิจ', 'Business name', NAME_MAX_LENGTH, 'ครัวใจดี'),
    language: ChoiceMember(
      ['th', 'en'],
      'ภาษาของสมาชิกใหม่และหน้าของลูกค้า',
      'Language of new members and of pages for customers',
    ),
    requests_kept_days: Checked(
      CountMember(
        `จำนวนวันที่เก็บบันทึกคำขอ ${REQUESTS_KEPT_DAYS_MIN}–${REQUESTS_KEPT_DAYS} วัน`,
        `Days that the log of requests is kept, ${REQUESTS_KEPT_DAYS_MIN} to ${REQUESTS_KEPT_DAYS}`,
        REQUESTS_KEPT_DAYS,
        30,
      ),
      (days) =>
        days >= REQUESTS_KEPT_DAYS_MIN
          ? null
          : `must be a whole number from ${REQUESTS_KEPT_DAYS_MIN} to ${REQUESTS_KEPT_DAYS}`,
    ),
  }),
  response: Empty(204),
  async handle(context) {
    const { db, caller, body, clock } = context
    const { id } = caller.business
    const before = await settingsOf(db, id, true)
    const after = { ...before, ...body }
    await db`
      update businesses set name = ${after.name}, language = ${after.language}, requests_kept_days = ${after.requests_kept_days},
                            updated_at = ${clock()}
      where id = ${id}`
    await audit(context, { before, after })
  },
})

/** Operations on the business itself. */
export const businessOperations: Operation[] = [branches, get, update]
