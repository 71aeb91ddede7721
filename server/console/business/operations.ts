import { listBranches } from '../../api/business/queries.ts'
import { Branch } from '../../api/business/schema.ts'
import { JsonBody, RequiredMember, TextMember } from '../../contract/members.ts'
import { Empty, List, type Operation } from '../../contract/operation.ts'
import { audit } from '../audit/audit.ts'
import { memberOperation } from '../frame.ts'

const tag = 'Business'

const branches = memberOperation({
  ...{ id: 'console.branches.list', method: 'GET', path: '/branches', role: 'viewer', tag },
  summary: { th: 'ดึงรายการสาขา', en: 'List the branches' },
  response: List(Branch),
  handle: ({ db, caller }) => listBranches(db, caller),
})

const NAME_MAX_LENGTH = 200

const rename = memberOperation({
  ...{ id: 'console.business.update', method: 'PATCH', path: '/business', role: 'owner', tag },
  summary: { th: 'เปลี่ยนชื่อธุรกิจ', en: 'Rename the business' },
  about: {
    th: 'เขตเวลา เวลาเริ่มวันทำการ และสกุลเงินเปลี่ยนที่นี่ไม่ได้ เพราะยอดรวมของทุกวันขึ้นกับค่าเหล่านี้',
    en: 'Time zone, start of the business day and currency cannot be changed here, because the totals of all days depend on them.',
  },
  body: JsonBody({ name: RequiredMember(TextMember('ชื่อธุรกิจ', 'Business name', NAME_MAX_LENGTH, 'ครัวใจดี')) }),
  response: Empty(204),
  async handle(context) {
    const { db, caller, body, clock } = context
    const { id, name } = caller.business
    await db`update businesses set name = ${body.name}, updated_at = ${clock()} where id = ${id}`
    await audit(context, { before: { name }, after: { name: body.name } })
  },
})

/** Operations on the business itself. */
export const businessOperations: Operation[] = [branches, rename]
