import type { MemberCaller } from '../../contract/caller.ts'
import { PROOF_VALID_MS } from '../../contract/console_limits.ts'
import { ChoiceMember, JsonBody, TextMember } from '../../contract/members.ts'
import { Data, Empty, type Operation } from '../../contract/operation.ts'
import { invalidBody } from '../../contract/problem.ts'
import { memberOperation } from '../frame.ts'
import { Account, NameMember } from './schema.ts'

const tag = 'Sign-in'

const get = memberOperation({
  ...{ id: 'console.me.get', method: 'GET', path: '/me', role: 'viewer', tag },
  summary: { th: 'ดึงข้อมูลสมาชิกที่เข้าสู่ระบบอยู่', en: 'Get the member who is signed in' },
  response: Data(Account),
  handle: ({ caller }) => described(caller),
})

function described({ id, business, member }: MemberCaller) {
  return {
    ...{ id, name: member.name, email: member.email, language: member.language, role: member.role },
    business: {
      id: business.id,
      name: business.name,
      time_zone: business.timeZone,
      day_starts_at: business.dayStartsAt,
      currency: business.currency,
    },
    businesses: member.businesses,
    has_second_factor: member.hasSecondFactor,
    proof_valid_until: new Date(member.provedAt.getTime() + PROOF_VALID_MS),
  }
}

const update = memberOperation({
  ...{ id: 'console.me.update', method: 'PATCH', path: '/me', role: 'viewer', tag },
  summary: { th: 'แก้ไขบัญชีของตนเอง', en: 'Change your own account' },
  about: {
    th: '`business_id` คือธุรกิจที่คอนโซลเปิดครั้งถัดไป',
    en: '`business_id` is the business with which the console opens next time.',
  },
  body: JsonBody({
    name: NameMember,
    language: ChoiceMember(['th', 'en'], 'ภาษา', 'Language'),
    business_id: TextMember('ID ของธุรกิจ', 'Business ID', 36, '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb'),
  }),
  response: Empty(204),
  async handle({ db, caller, body }) {
    const { name = null, language = null, business_id = null } = body
    if (business_id !== null && !caller.member.businesses.some(({ id }) => id === business_id))
      throw invalidBody([{ field: 'business_id', message: 'must be one of your businesses' }])
    await db`
      update auth_users set name = coalesce(${name}, name), language = coalesce(${language}, language),
                            last_business_id = coalesce(${business_id}::uuid, last_business_id)
      where id = ${caller.id}`
  },
})

export const meOperations: Operation[] = [get, update]
