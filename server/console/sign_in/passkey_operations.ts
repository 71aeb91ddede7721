import { createHmac } from 'node:crypto'
import { PASSKEY_ANSWER_MAX_LENGTH } from '../../contract/console_limits.ts'
import { JsonBody, NO_BODY, RequiredMember, TextMember } from '../../contract/members.ts'
import { type Context, Data, Empty, type Operation, WithStatus } from '../../contract/operation.ts'
import { IdParameter, Required } from '../../contract/parameters.ts'
import { invalidBody, Problem } from '../../contract/problem.ts'
import { audit } from '../audit/audit.ts'
import { ComposedList, type MemberContext, memberOperation, publicOperation } from '../frame.ts'
import { chargeGuess } from './ask_library.ts'
import { auditSignIn } from './audit_sign_in.ts'
import type { Library } from './library.ts'
import { noteProof, type SignInParts } from './operations.ts'
import { isOriginOf } from './origin.ts'
import {
  addPasskey,
  deletePasskey,
  listPasskeys,
  type PasskeyOwner,
  registrationOptions,
  type Site,
  siteOf,
  useOptions,
  verifyUse,
} from './passkeys.ts'
import { NameMember, PasskeyOptions, PasskeyResource } from './schema.ts'

export type PasskeyParts = SignInParts & { publicUrl(): string }

/** Operations on passkeys: make and delete them, sign in with one, and prove an identity with one. */
export const passkeyOperations = (parts: PasskeyParts): Operation[] => [
  list,
  options(parts),
  add(parts),
  remove,
  signInOptions(parts),
  signIn(parts),
  proofOptions(parts),
  prove(parts),
]

const tag = 'Sign-in'
/** A challenge counts as used even if the answer is rejected, so none of these is one transaction. */
const ALONE = { tag, atomic: false } as const

const AnswerMember = TextMember(
  'คำตอบของเบราว์เซอร์ (JSON)',
  'What the browser answered (JSON)',
  PASSKEY_ANSWER_MAX_LENGTH,
  '{}',
)

/** @throws Problem `conflict` if browsers make no passkeys for this address */
const siteFor = ({ publicUrl }: PasskeyParts, { request }: Pick<Context, 'request'>): Site =>
  siteOf(publicUrl(), request.origin, (origin) => isOriginOf(publicUrl(), origin))

const ownerFrom = ({ caller }: Pick<MemberContext, 'caller'>): PasskeyOwner => ({
  ...{ id: caller.id, email: caller.member.email, name: caller.member.name, sessionId: caller.member.sessionId },
})

const list = memberOperation({
  ...{ id: 'console.passkeys.list', method: 'GET', path: '/passkeys', role: 'viewer', tag },
  summary: { th: 'ดึง Passkey ของตนเอง', en: 'List your passkeys' },
  response: ComposedList(PasskeyResource),
  handle: ({ db, caller }) => listPasskeys(db, caller.id),
})

const options = (parts: PasskeyParts) =>
  memberOperation({
    ...{ id: 'console.passkeys.options', method: 'POST', path: '/passkey-options', role: 'viewer', ...ALONE },
    needsProof: true,
    summary: { th: 'เริ่มสร้าง Passkey', en: 'Start to make a passkey' },
    body: NO_BODY,
    response: Data(PasskeyOptions),
    handle: async (context) => ({
      options: await registrationOptions(context.db, siteFor(parts, context), ownerFrom(context), context.clock()),
    }),
  })

const add = (parts: PasskeyParts) =>
  memberOperation({
    ...{ id: 'console.passkeys.create', method: 'POST', path: '/passkeys', role: 'viewer', ...ALONE },
    needsProof: true,
    summary: { th: 'บันทึก Passkey ที่เบราว์เซอร์สร้าง', en: 'Store the passkey that the browser made' },
    body: JsonBody({ name: RequiredMember(NameMember), answer: RequiredMember(AnswerMember) }),
    response: WithStatus(201, Data(PasskeyResource)),
    async handle(context) {
      const { db, body, clock } = context
      const made = await addPasskey(db, siteFor(parts, context), ownerFrom(context), body, clock(), (tx) =>
        auditSignIn(tx, { id: context.caller.id }, context, 'console.passkeys.create', true),
      )
      if (!made) throw invalidBody([{ field: 'answer', message: 'is not valid or too old; start again' }])
      return made
    },
  })

const remove = memberOperation({
  ...{ id: 'console.passkeys.delete', method: 'DELETE', path: '/passkeys/{id}', role: 'viewer', tag },
  needsProof: true,
  summary: { th: 'ลบ Passkey', en: 'Delete a passkey' },
  params: { id: Required(IdParameter('ID ของ Passkey', 'Passkey ID')) },
  body: NO_BODY,
  response: Empty(204),
  async handle(context) {
    const { db, caller, path } = context
    const name = await deletePasskey(db, caller.id, path.id)
    if (name === null) throw new Problem('not_found')
    await audit(context, { subject: { type: 'passkey', id: path.id }, before: { name } })
  },
})

const signInOptions = (parts: PasskeyParts) =>
  publicOperation({
    ...{ id: 'console.sign_in.passkey_options', method: 'POST', path: '/sign-in/passkey-options', ...ALONE },
    summary: { th: 'เริ่มเข้าสู่ระบบด้วย Passkey', en: 'Start to sign in with a passkey' },
    body: NO_BODY,
    response: Data(PasskeyOptions),
    problems: ['conflict'],
    async handle(context) {
      const asked = { purpose: 'sign_in', sessionId: null } as const
      return { options: await useOptions(parts.db, siteFor(parts, context), asked, null, context.clock()) }
    },
  })

const signIn = (parts: PasskeyParts) =>
  publicOperation({
    ...{ id: 'console.sign_in.passkey', method: 'POST', path: '/sign-in/passkey', ...ALONE },
    summary: { th: 'เข้าสู่ระบบด้วย Passkey', en: 'Sign in with a passkey' },
    about: {
      th: 'ไม่ต้องใช้รหัสจากแอปยืนยันตัวตน เพราะ Passkey ยืนยันตัวบุคคลแล้ว',
      en: 'Needs no code of an authenticator app, because the passkey has verified the person.',
    },
    body: JsonBody({ answer: RequiredMember(AnswerMember) }),
    response: Empty(204),
    problems: ['invalid_credentials', 'conflict'],
    async handle(context) {
      const { body, clock, request } = context
      await chargeGuess(`passkey ${request.address}`, context)
      const asked = { purpose: 'sign_in', sessionId: null } as const
      const wanted = { asked, userId: null, answer: body.answer }
      const userId = await verifyUse(parts.db, siteFor(parts, context), wanted, clock())
      if (userId === null) throw new Problem('invalid_credentials')
      await auditSignIn(parts.db, { id: userId }, context, 'console.sign_in.passkey', true)
      context.setCookie(await sessionCookie(parts, userId, context))
    },
  })

/** Opens a session as the library does after a password. */
async function sessionCookie(
  { library }: PasskeyParts,
  userId: string,
  { request }: Pick<Context, 'request'>,
): Promise<string> {
  const { internalAdapter, authCookies, secret } = await (await library()).$context
  const from = { ipAddress: request.address, userAgent: request.userAgent ?? null }
  const { token } = await internalAdapter.createSession(userId, false, from)
  return cookieLine(authCookies.sessionToken, token, secret)
}

type SessionCookie = Awaited<Library['$context']>['authCookies']['sessionToken']

function cookieLine({ name, attributes }: SessionCookie, token: string, secret: string): string {
  const signature = createHmac('sha256', secret).update(token).digest('base64')
  const { maxAge, path, httpOnly, secure } = attributes
  const parts = [`Max-Age=${maxAge}`, `Path=${path}`, httpOnly && 'HttpOnly', secure && 'Secure', 'SameSite=Lax']
  return [`${name}=${encodeURIComponent(`${token}.${signature}`)}`, ...parts.filter(Boolean)].join('; ')
}

const proofOptions = (parts: PasskeyParts) =>
  memberOperation({
    ...{
      id: 'console.proof.passkey_options',
      method: 'POST',
      path: '/proof/passkey-options',
      role: 'viewer',
      ...ALONE,
    },
    summary: { th: 'เริ่มยืนยันตัวตนด้วย Passkey', en: 'Start to prove your identity with a passkey' },
    body: NO_BODY,
    response: Data(PasskeyOptions),
    async handle(context) {
      const { db, caller, clock } = context
      const asked = { purpose: 'proof', sessionId: caller.member.sessionId } as const
      return { options: await useOptions(db, siteFor(parts, context), asked, caller.id, clock()) }
    },
  })

const prove = (parts: PasskeyParts) =>
  memberOperation({
    ...{ id: 'console.proof.passkey', method: 'POST', path: '/proof/passkey', role: 'viewer', ...ALONE },
    summary: { th: 'ยืนยันตัวตนอีกครั้งด้วย Passkey', en: 'Prove your identity again with a passkey' },
    body: JsonBody({ answer: RequiredMember(AnswerMember) }),
    response: Empty(204),
    problems: ['invalid_credentials'],
    async handle(context) {
      const { caller, body, clock } = context
      await chargeGuess(caller.id, context)
      const asked = { purpose: 'proof', sessionId: caller.member.sessionId } as const
      const wanted = { asked, userId: caller.id, answer: body.answer }
      const found = await verifyUse(parts.db, siteFor(parts, context), wanted, clock())
      await noteProof(parts.db, context, 'console.proof.passkey', found !== null)
    },
  })
