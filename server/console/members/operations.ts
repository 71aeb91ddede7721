import { JsonBody, NO_BODY, RequiredMember } from '../../contract/members.ts'
import { Data, Empty, type Operation, Page, PageQuery, WithStatus } from '../../contract/operation.ts'
import { ExactParameter, IdParameter, Required } from '../../contract/parameters.ts'
import { invalidBody, Problem } from '../../contract/problem.ts'
import { atomically, type Runner } from '../../db/database.ts'
import { audit, writeAct } from '../audit/audit.ts'
import { listActs } from '../audit/queries.ts'
import { ComposedList, memberOperation, publicOperation } from '../frame.ts'
import { chargeGuess } from '../sign_in/ask_library.ts'
import type { SignInParts } from '../sign_in/operations.ts'
import { EmailMember, Invitation, NameMember, NewPasswordMember, RoleMember, TokenMember } from '../sign_in/schema.ts'
import { acceptInvitation, invite, listInvitations, openInvitation, withdrawInvitation } from './invitations.ts'
import { changeRole, listMembers, type MemberEntry, NoSuchMember, removeMember } from './membership.ts'
import { AuditEntry, InvitationWithLink, MemberResource, OpenInvitationResource } from './schema.ts'

const tag = 'Members'
const MEMBER = { id: Required(IdParameter('ID ของสมาชิก', 'Member ID')) }

/** Operations on members. Every change of them needs a recent proof of identity. */
export const memberOperations = (parts: SignInParts): Operation[] => [
  list,
  update,
  remove,
  invitations,
  inviteMember,
  withdraw,
  lookAt(parts),
  accept(parts),
  acts,
]

const list = memberOperation({
  ...{ id: 'console.members.list', method: 'GET', path: '/members', role: 'admin', tag },
  summary: { th: 'ดึงรายชื่อสมาชิก', en: 'List the members' },
  response: ComposedList(MemberResource),
  handle: ({ db, caller }) => listMembers(db, caller.business.id),
})

const update = memberOperation({
  ...{ id: 'console.members.update', method: 'PATCH', path: '/members/{id}', role: 'owner', needsProof: true, tag },
  summary: { th: 'เปลี่ยนสิทธิ์ของสมาชิก', en: "Change a member's role" },
  about: { th: 'มีผลตั้งแต่คำขอถัดไปของสมาชิก', en: "Takes effect from the member's next request on." },
  params: MEMBER,
  body: JsonBody({ role: RequiredMember(RoleMember) }),
  response: Empty(204),
  async handle(context) {
    const { db, caller, path, body } = context
    const { role } = await found(changeRole(db, caller.business.id, path.id, body.role))
    await audit(context, { subject: { type: 'member', id: path.id }, before: { role }, after: { role: body.role } })
  },
})

const remove = memberOperation({
  ...{ id: 'console.members.remove', method: 'DELETE', path: '/members/{id}', role: 'owner', needsProof: true, tag },
  summary: { th: 'นำสมาชิกออก', en: 'Remove a member' },
  about: {
    th: 'มีผลตั้งแต่คำขอถัดไปของสมาชิก เจ้าของคนสุดท้ายนำออกไม่ได้',
    en: "Takes effect from the member's next request on. The last owner cannot be removed.",
  },
  params: MEMBER,
  body: NO_BODY,
  response: Empty(204),
  async handle(context) {
    const { db, caller, path } = context
    const { name, role } = await found(removeMember(db, caller.business.id, path.id))
    await audit(context, { subject: { type: 'member', id: path.id }, before: { name, role } })
  },
})

/** Turns a member who does not exist into 404. */
async function found(member: Promise<MemberEntry>): Promise<MemberEntry> {
  try {
    return await member
  } catch (error) {
    throw error instanceof NoSuchMember ? new Problem('not_found') : error
  }
}

const invitations = memberOperation({
  ...{ id: 'console.invitations.list', method: 'GET', path: '/invitations', role: 'owner', tag },
  summary: { th: 'ดึงคำเชิญที่ยังไม่ได้ตอบรับ', en: 'List the open invitations' },
  response: ComposedList(OpenInvitationResource),
  handle: ({ db, caller, clock }) => listInvitations(db, caller.business.id, clock()),
})

const inviteMember = memberOperation({
  ...{ id: 'console.invitations.create', method: 'POST', path: '/invitations', role: 'owner', needsProof: true, tag },
  summary: { th: 'เชิญสมาชิก', en: 'Invite a member' },
  about: {
    th: 'ลิงก์ใช้ได้ครั้งเดียวภายใน 7 วัน คำเชิญใหม่ถึงอีเมลเดิมจะแทนคำเชิญเดิม',
    en: 'The link works once, within seven days. A new invitation of the same address replaces the earlier one.',
  },
  body: JsonBody({ email: RequiredMember(EmailMember), role: RequiredMember(RoleMember) }),
  response: WithStatus(201, Data(InvitationWithLink)),
  async handle(context) {
    const { db, caller, body, clock } = context
    const by = caller.member.name
    const { invitation, token } = await invite(db, { businessId: caller.business.id, ...body, by }, clock())
    await audit(context, { subject: { type: 'invitation', id: invitation.id }, after: { ...body } })
    return { ...invitation, token }
  },
})

const withdraw = memberOperation({
  ...{ id: 'console.invitations.withdraw', method: 'DELETE', path: '/invitations/{id}', role: 'owner', tag },
  needsProof: true,
  summary: { th: 'ถอนคำเชิญ', en: 'Withdraw an invitation' },
  params: { id: Required(IdParameter('ID ของคำเชิญ', 'Invitation ID')) },
  body: NO_BODY,
  response: Empty(204),
  async handle(context) {
    const { db, caller, path } = context
    const gone = await withdrawInvitation(db, caller.business.id, path.id)
    if (!gone) throw new Problem('not_found')
    const { email, role } = gone
    await audit(context, { subject: { type: 'invitation', id: path.id }, before: { email, role } })
  },
})

const UNUSABLE = invalidBody([{ field: 'token', message: 'is used, too old or unknown; ask for a new invitation' }])

const lookAt = ({ db }: SignInParts) =>
  publicOperation({
    ...{ id: 'console.invitations.get', method: 'POST', path: '/invitation', tag },
    summary: { th: 'ดูคำเชิญของลิงก์', en: 'Get the invitation of a link' },
    body: JsonBody({ token: RequiredMember(TokenMember) }),
    response: Data(Invitation),
    async handle({ body, clock }) {
      const open = await openInvitation(db, body.token, clock())
      if (!open) throw UNUSABLE
      const { business_name, email, role, invited_by, expires_at, has_account } = open
      return { business_name, email, role, invited_by, expires_at, has_account }
    },
  })

const accept = ({ db, library }: SignInParts) =>
  publicOperation({
    ...{ id: 'console.invitations.accept', method: 'POST', path: '/invitation/accept', tag },
    // The hash of the password is computed outside of the transaction.
    atomic: false,
    summary: { th: 'ตอบรับคำเชิญ', en: 'Accept an invitation' },
    about: {
      th: 'สร้างบัญชีด้วยชื่อและรหัสผ่านนี้ หากอีเมลมีบัญชีแล้ว รหัสผ่านต้องเป็นของบัญชีนั้น จากนั้นเข้าสู่ระบบด้วย POST /sign-in',
      en: 'Creates an account with this name and password. If the address has an account, the password must be the one of that account. Then sign in with POST /sign-in.',
    },
    body: JsonBody({
      token: RequiredMember(TokenMember),
      name: RequiredMember(NameMember),
      password: RequiredMember(NewPasswordMember),
    }),
    response: Empty(204),
    problems: ['invalid_credentials'],
    async handle(context) {
      const { body, clock, request } = context
      const open = await openInvitation(db, body.token, clock())
      if (!open) throw UNUSABLE
      const { password } = await (await library()).$context
      if (open.has_account) {
        await chargeGuess(open.email, context)
        const hash = await passwordHashOf(db, open.email)
        if (hash === null || !(await password.verify({ hash, password: body.password })))
          throw new Problem('invalid_credentials', 'This address has an account; enter its password')
      }
      const passwordHash = open.has_account ? null : await password.hash(body.password)
      await atomically(db, async (tx) => {
        const member = await acceptInvitation(tx, body.token, { name: body.name, passwordHash }, clock())
        if (!member) throw UNUSABLE
        await writeAct(tx, {
          ...{ businessId: member.businessId, memberId: member.id, actor: member.name, at: clock() },
          ...{ action: 'console.invitations.accept', address: request.address, requestId: request.id },
          after: { role: member.role },
        })
      })
    },
  })

async function passwordHashOf(db: Runner, email: string): Promise<string | null> {
  const [row] = await db<{ password: string | null }[]>`
    select a.password from auth_users u join auth_accounts a on a.user_id = u.id
    where u.email = ${email} and a.provider_id = 'credential'`
  return row?.password ?? null
}

const acts = memberOperation({
  ...{ id: 'console.audit_log.list', method: 'GET', path: '/audit-log', role: 'admin', tag },
  summary: { th: 'ดูบันทึกการกระทำ', en: 'List what everybody did' },
  query: PageQuery({
    member_id: IdParameter('กรองตามสมาชิก', 'Filter by member'),
    action: ExactParameter('กรองตามการกระทำ', 'Filter by action', 'console.members.invite'),
    subject_id: ExactParameter(
      'กรองตามสิ่งที่ถูกกระทำ',
      'Filter by what was acted on',
      '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb',
    ),
  }),
  response: Page(AuditEntry),
  handle: ({ db, caller, query }) => listActs(db, caller.business.id, query),
})
