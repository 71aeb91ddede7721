import { JsonBody, NO_BODY, RequiredMember } from '../../contract/members.ts'
import type { Context } from '../../contract/operation.ts'
import { Data, Empty, type Operation } from '../../contract/operation.ts'
import { invalidBody, Problem } from '../../contract/problem.ts'
import { atomically, type Database } from '../../db/database.ts'
import { type MemberContext, memberOperation, publicOperation } from '../frame.ts'
import { hasMembers } from '../members/membership.ts'
import { askLibrary, chargeGuess } from './ask_library.ts'
import { auditSignIn } from './audit_sign_in.ts'
import type { Library } from './library.ts'
import {
  CodeMember,
  EmailMember,
  NewPasswordMember,
  PasswordMember,
  SecondFactor,
  SignIn,
  SignInState,
  TokenMember,
} from './schema.ts'

export type SignInParts = { db: Database; library: () => Promise<Library> }

/** Operations for signing in and out. The library writes by itself, so none of them holds a transaction. */
export const signInOperations = (parts: SignInParts): Operation[] => [
  state(parts),
  signIn(parts),
  sendCode(parts),
  signOut(parts),
  choosePassword(parts),
  prove(parts),
  changePassword(parts),
  setUpSecondFactor(parts),
  confirmSecondFactor(parts),
  removeSecondFactor(parts),
]

const tag = 'Sign-in'
const ON_LIBRARY = { tag, atomic: false } as const

/** The command that a sign-in page names while nobody can sign in. */
const FIRST_MEMBER_COMMAND = 'npx talad member add owner@example.com --role owner'

const state = ({ db }: SignInParts) =>
  publicOperation({
    ...{ id: 'console.sign_in.state', method: 'GET', path: '/sign-in', tag },
    summary: { th: 'ดูว่ามีสมาชิกที่เข้าสู่ระบบได้หรือยัง', en: 'Get whether anybody can sign in' },
    response: Data(SignInState),
    handle: async () => ({ has_members: await hasMembers(db), first_member_command: FIRST_MEMBER_COMMAND }),
  })

const signIn = ({ db, library }: SignInParts) =>
  publicOperation({
    ...{ id: 'console.sign_in', method: 'POST', path: '/sign-in', ...ON_LIBRARY },
    summary: { th: 'เข้าสู่ระบบด้วยอีเมลและรหัสผ่าน', en: 'Sign in with email address and password' },
    body: JsonBody({ email: RequiredMember(EmailMember), password: RequiredMember(PasswordMember) }),
    response: Data(SignIn),
    problems: ['invalid_credentials'],
    async handle(context) {
      const { email, password } = context.body
      await chargeGuess(email, context)
      const { ok, body } = await askLibrary(library, '/sign-in/email', { email, password }, context)
      await auditSignIn(db, { email }, context, 'console.sign_in', ok)
      if (!ok) throw new Problem('invalid_credentials')
      return { needs_code: body.twoFactorRedirect === true }
    },
  })

const sendCode = ({ db, library }: SignInParts) =>
  publicOperation({
    ...{ id: 'console.sign_in.code', method: 'POST', path: '/sign-in/code', ...ON_LIBRARY },
    summary: { th: 'ส่งรหัสจากแอปยืนยันตัวตน', en: 'Complete a sign-in with a code' },
    body: JsonBody({ code: RequiredMember(CodeMember) }),
    response: Data(SignIn),
    problems: ['invalid_credentials'],
    async handle(context) {
      const { ok, body } = await verifyCode(library, context.body.code, context)
      const { id } = (body.user ?? {}) as { id?: string }
      if (id) await auditSignIn(db, { id }, context, 'console.sign_in.code', ok)
      if (!ok) throw new Problem('invalid_credentials')
      return { needs_code: false }
    },
  })

/** Verifies a code of an authenticator app, or a backup code. */
const verifyCode = (library: SignInParts['library'], code: string, context: Pick<Context, 'request' | 'setCookie'>) =>
  askLibrary(
    library,
    /^\d{6}$/.test(code) ? '/two-factor/verify-totp' : '/two-factor/verify-backup-code',
    { code },
    context,
  )

const signOut = ({ library }: SignInParts) =>
  publicOperation({
    ...{ id: 'console.sign_out', method: 'POST', path: '/sign-out', ...ON_LIBRARY },
    summary: { th: 'ออกจากระบบ', en: 'Sign out' },
    body: NO_BODY,
    response: Empty(204),
    async handle(context) {
      await askLibrary(library, '/sign-out', {}, context)
    },
  })

const choosePassword = ({ library }: SignInParts) =>
  publicOperation({
    ...{ id: 'console.password.choose', method: 'POST', path: '/password', ...ON_LIBRARY },
    summary: { th: 'ตั้งรหัสผ่านด้วยลิงก์', en: 'Choose a password with the token of a link' },
    about: {
      th: 'ใช้ลิงก์จาก `talad member add` หรือ `talad member reset` ซึ่งใช้ได้ครั้งเดียว ทุก Session เดิมจะถูกยกเลิก',
      en: 'The link comes from `talad member add` or `talad member reset` and works once. All sessions of the member end.',
    },
    body: JsonBody({ token: RequiredMember(TokenMember), password: RequiredMember(NewPasswordMember) }),
    response: Empty(204),
    async handle(context) {
      const { token, password } = context.body
      const { ok } = await askLibrary(library, '/reset-password', { token, newPassword: password }, context)
      if (!ok) throw invalidBody([{ field: 'token', message: 'is used, too old or unknown; ask for a new link' }])
    },
  })

const prove = ({ db, library }: SignInParts) =>
  memberOperation({
    ...{ id: 'console.proof', method: 'POST', path: '/proof', role: 'viewer', ...ON_LIBRARY },
    summary: { th: 'ยืนยันตัวตนอีกครั้งด้วยรหัสผ่าน', en: 'Prove your identity again with your password' },
    body: JsonBody({ password: RequiredMember(PasswordMember) }),
    response: Empty(204),
    problems: ['invalid_credentials'],
    async handle(context) {
      const { caller, body, request } = context
      await chargeGuess(caller.id, context)
      const { api } = await library()
      const headers = new Headers({ cookie: request.cookie ?? '' })
      const isValid = await api.verifyPassword({ headers, body }).then(
        () => true,
        (error: { status?: unknown }) => (error.status === 'BAD_REQUEST' ? false : Promise.reject(error)),
      )
      await noteProof(db, context, 'console.proof', isValid)
    },
  })

/** Notes an attempt to prove an identity. A good one counts from now on. @throws Problem `invalid_credentials` */
export async function noteProof(
  db: Database,
  context: Pick<MemberContext, 'caller' | 'request' | 'clock'>,
  action: string,
  isValid: boolean,
): Promise<void> {
  const { caller, clock } = context
  await atomically(db, async (tx) => {
    await auditSignIn(tx, { id: caller.id }, context, action, isValid)
    if (isValid) await tx`update auth_sessions set proved_at = ${clock()} where id = ${caller.member.sessionId}`
  })
  if (!isValid) throw new Problem('invalid_credentials')
}

const changePassword = ({ db, library }: SignInParts) =>
  memberOperation({
    ...{ id: 'console.password.change', method: 'PATCH', path: '/password', role: 'viewer', ...ON_LIBRARY },
    summary: { th: 'เปลี่ยนรหัสผ่าน', en: 'Change your password' },
    about: {
      th: 'Session อื่นทั้งหมดของคุณจะถูกยกเลิก',
      en: 'Ends all your other sessions.',
    },
    body: JsonBody({
      current_password: RequiredMember(PasswordMember),
      new_password: RequiredMember(NewPasswordMember),
    }),
    response: Empty(204),
    problems: ['invalid_credentials'],
    async handle(context) {
      const { caller, body } = context
      await chargeGuess(caller.id, context)
      const sent = { currentPassword: body.current_password, newPassword: body.new_password, revokeOtherSessions: true }
      const { ok } = await askLibrary(library, '/change-password', sent, context)
      await auditSignIn(db, { id: caller.id }, context, 'console.password.change', ok)
      if (!ok) throw new Problem('invalid_credentials')
    },
  })

const setUpSecondFactor = ({ db, library }: SignInParts) =>
  memberOperation({
    ...{ id: 'console.second_factor.set_up', method: 'POST', path: '/second-factor', role: 'viewer', ...ON_LIBRARY },
    summary: { th: 'เริ่มตั้งค่าแอปยืนยันตัวตน', en: 'Start to set up an authenticator app' },
    about: {
      th: 'มีผลเมื่อยืนยันด้วยรหัสแรกแล้วเท่านั้น (POST /second-factor/confirm)',
      en: 'Takes effect with the first code (POST /second-factor/confirm).',
    },
    body: JsonBody({ password: RequiredMember(PasswordMember) }),
    response: Data(SecondFactor),
    problems: ['invalid_credentials'],
    async handle(context) {
      const { caller } = context
      await chargeGuess(caller.id, context)
      const { ok, code, body } = await askLibrary(library, '/two-factor/enable', context.body, context)
      if (code === 'TOTP_ALREADY_ENABLED') throw new Problem('conflict', 'An authenticator app is in use already')
      await auditSignIn(db, { id: caller.id }, context, 'console.second_factor.set_up', ok)
      if (!ok) throw new Problem('invalid_credentials')
      return { uri: body.totpURI, backup_codes: body.backupCodes }
    },
  })

const confirmSecondFactor = ({ db, library }: SignInParts) =>
  memberOperation({
    ...{
      id: 'console.second_factor.confirm',
      method: 'POST',
      path: '/second-factor/confirm',
      role: 'viewer',
      ...ON_LIBRARY,
    },
    summary: { th: 'ยืนยันแอปยืนยันตัวตนด้วยรหัสแรก', en: 'Confirm an authenticator app with its first code' },
    body: JsonBody({ code: RequiredMember(CodeMember) }),
    response: Empty(204),
    problems: ['invalid_credentials'],
    async handle(context) {
      const { caller, body } = context
      await chargeGuess(caller.id, context)
      const { ok } = await askLibrary(library, '/two-factor/verify-totp', body, context)
      await auditSignIn(db, { id: caller.id }, context, 'console.second_factor.confirm', ok)
      if (!ok) throw new Problem('invalid_credentials')
    },
  })

const removeSecondFactor = ({ db, library }: SignInParts) =>
  memberOperation({
    ...{
      id: 'console.second_factor.remove',
      method: 'POST',
      path: '/second-factor/remove',
      role: 'viewer',
      ...ON_LIBRARY,
    },
    summary: { th: 'เลิกใช้แอปยืนยันตัวตน', en: 'Stop using an authenticator app' },
    body: JsonBody({ password: RequiredMember(PasswordMember) }),
    response: Empty(204),
    problems: ['invalid_credentials'],
    async handle(context) {
      const { caller, body } = context
      await chargeGuess(caller.id, context)
      const { ok } = await askLibrary(library, '/two-factor/disable', body, context)
      await auditSignIn(db, { id: caller.id }, context, 'console.second_factor.remove', ok)
      if (!ok) throw new Problem('invalid_credentials')
    },
  })
