import { listCustomers } from '../../api/customers/queries.ts'
import { assertProved } from '../../contract/authorization.ts'
import type { Branches, MemberCaller } from '../../contract/caller.ts'
import { JsonBody, NO_BODY, RequiredMember } from '../../contract/members.ts'
import { Data, type Operation, WithStatus } from '../../contract/operation.ts'
import { parseRows } from '../../contract/page.ts'
import { IdParameter, Required } from '../../contract/parameters.ts'
import { type Detail, invalidBody, Problem } from '../../contract/problem.ts'
import type { Runner } from '../../db/database.ts'
import {
  type Application,
  createApplication,
  editApplication,
  listApplications,
  ownApplication,
  revokeApplication,
  revokeSecret,
  rotateSecret,
} from '../../oauth/applications.ts'
import { groupedFigures } from '../../requests/read_figures.ts'
import {
  type ApplicationKind,
  KINDS,
  PII_SCOPE,
  SCOPES,
  type Scope,
  scopesMistake,
  TOKEN_SCOPES,
  unstated,
} from '../../scopes.ts'
import { audit } from '../audit/audit.ts'
import { ComposedList, type MemberContext, memberOperation } from '../frame.ts'
import { described, webhooksThatStop } from './described.ts'
import { pause, resume } from './pauses.ts'
import {
  ApplicationPreview,
  ApplicationWithSecret,
  CHANGED_STATEMENTS,
  ConsoleApplication,
  GRANTED,
  KindMember,
  LIMITED,
  ListedApplication,
  ScopeOfConsole,
  STATEMENTS,
  Stops,
} from './schema.ts'

export type ApplicationParts = {
  publicUrl(): string
  /** The operations that applications can call. */
  callable: readonly Operation[]
}

export const applicationOperations = (parts: ApplicationParts): Operation[] => [
  scopes,
  list,
  get,
  create(parts),
  preview(parts),
  update,
  addSecret(parts),
  removeSecret,
  stops,
  pauseOperation,
  resumeOperation,
  revoke,
]

const tag = 'Applications'
const DAY_MS = 24 * 3600 * 1000
const APPLICATION = { id: Required(IdParameter('ID ของแอป', 'Application ID')) }

const scopes = memberOperation({
  ...{ id: 'console.scopes.list', method: 'GET', path: '/scopes', role: 'viewer', tag },
  summary: { th: 'ดึง Scope ที่ให้แอปได้', en: 'List the scopes that can be granted' },
  response: ComposedList(ScopeOfConsole),
  handle: () =>
    TOKEN_SCOPES.map((scope) => ({
      ...{ scope, th: SCOPES[scope].th, en: SCOPES[scope].en },
      kind: kindOf(scope),
      is_contact_data: scope === PII_SCOPE,
      least_role: scope === PII_SCOPE ? 'owner' : 'admin',
    })),
})

const kindOf = (scope: Scope) =>
  (Object.keys(KINDS) as ApplicationKind[]).find((kind) => (KINDS[kind] as readonly Scope[]).includes(scope))

const list = memberOperation({
  ...{ id: 'console.applications.list', method: 'GET', path: '/applications', role: 'viewer', tag },
  summary: { th: 'ดึงรายการแอป', en: 'List the applications' },
  response: ComposedList(ListedApplication),
  async handle({ db, caller, clock }) {
    const { id, timeZone } = caller.business
    const lastDay = { from: new Date(clock().getTime() - DAY_MS), timeZone }
    const [applications, figures] = await Promise.all([
      listApplications(db, id),
      groupedFigures(db, id, 'application', lastDay),
    ])
    const sums = new Map(figures.map((one) => [one.applicationId, one]))
    return applications.map((application) => ({
      ...shownTo(caller, application, clock()),
      requests_last_day: sums.get(application.id)?.requests ?? 0,
      errors_last_day: sums.get(application.id)?.errors ?? 0,
    }))
  },
})

const get = memberOperation({
  ...{ id: 'console.applications.get', method: 'GET', path: '/applications/{id}', role: 'viewer', tag },
  summary: { th: 'ดึงแอปหนึ่งรายการ', en: 'Get an application' },
  params: APPLICATION,
  response: Data(ConsoleApplication),
  handle: async ({ db, caller, path, clock }) => shownTo(caller, await own(db, caller, path.id), clock()),
})

/** Returns an application of the business. @throws Problem `not_found` */
async function own(db: Runner, { business }: MemberCaller, id: string, forUpdate = false): Promise<Application> {
  const application = await ownApplication(db, business.id, id, { forUpdate })
  if (!application) throw new Problem('not_found')
  return application
}

/** Returns an application as this member may see it. A viewer sees nothing of its secrets, and no person. */
function shownTo({ member }: MemberCaller, application: Application, now: Date) {
  const whole = described(application, now)
  return member.role === 'viewer' ? { ...whole, contact: null, secrets: [] } : whole
}

type GrantBody = StatementBody & { kind?: ApplicationKind; scopes: Scope[] }

/** Returns what is wrong with these grants, by field, so that no message of a command reaches a member. */
function grantMistakes({ kind = 'partner', scopes, purpose, legal_basis }: GrantBody): Detail[] {
  const mistake = scopesMistake(kind, scopes)
  return [
    ...(mistake ? [{ field: 'scopes', message: mistake }] : []),
    ...missingStatements(scopes, { purpose, legal_basis }),
  ]
}

type StatementBody = { purpose?: string | null | undefined; legal_basis?: string | null | undefined }

/** Returns what must be stated about an application with these scopes, and is not. */
function missingStatements(scopes: readonly Scope[], { purpose = null, legal_basis = null }: StatementBody): Detail[] {
  const fields = { purpose: 'purpose', legalBasis: 'legal_basis' }
  return unstated(scopes, { purpose, legalBasis: legal_basis }).map((name) => ({
    field: fields[name],
    message: 'is required for an application that reads customers',
  }))
}

/** Rejects who may not grant contact data. @throws Problem `insufficient_role`, `proof_required` */
function assertMayGrant({ caller, clock }: Pick<MemberContext, 'caller' | 'clock'>, added: readonly Scope[]): void {
  if (!added.includes(PII_SCOPE)) return
  if (caller.member.role !== 'owner')
    throw new Problem(
      'insufficient_role',
      'Only an owner can grant contact data, or resume an application that has it',
      { required_role: 'owner' },
    )
  assertProved(caller, clock())
}

const create = (parts: ApplicationParts) =>
  memberOperation({
    ...{ id: 'console.applications.create', method: 'POST', path: '/applications', role: 'admin', tag },
    summary: { th: 'สร้างแอป', en: 'Create an application' },
    about: {
      th: 'การให้ข้อมูลติดต่อ (PII) ทำได้เฉพาะ owner ที่ยืนยันตัวตนแล้ว (POST /proof)',
      en: 'Only an owner can grant contact data (PII), with a recent proof of identity (POST /proof).',
    },
    body: JsonBody(
      {
        ...{
          name: RequiredMember(STATEMENTS.name),
          kind: KindMember,
          contact: STATEMENTS.contact,
          purpose: STATEMENTS.purpose,
        },
        ...{ legal_basis: STATEMENTS.legal_basis, scopes: RequiredMember(GRANTED.scopes) },
        ...{ branch_ids: RequiredMember(GRANTED.branch_ids), history_days: GRANTED.history_days, ...LIMITED },
      },
      (body) => [...grantMistakes(body), ...rateMistakes(body)],
    ),
    response: WithStatus(201, Data(ApplicationWithSecret)),
    problems: ['proof_required'],
    async handle(context) {
      const { db, caller, body, clock } = context
      assertMayGrant(context, body.scopes)
      const wanted = {
        ...changeOf(body),
        businessId: caller.business.id,
        name: body.name,
        kind: body.kind ?? 'partner',
      }
      const branches = branchesOf(body.branch_ids) ?? 'all'
      const { client_secret, ...made } = await createApplication(
        db,
        { ...wanted, branches, scopes: body.scopes },
        clock(),
      )
      await audit(context, { subject: { type: 'application', id: made.id }, after: settingsOf(made) })
      return withSecret(parts, made, client_secret, clock())
    },
  })

type LimitBody = { rate_requests?: number; rate_per_second?: number }

const rateMistakes = ({ rate_requests, rate_per_second }: LimitBody): Detail[] =>
  (rate_requests === undefined) === (rate_per_second === undefined)
    ? []
    : [{ field: 'rate_per_second', message: 'must be given together with rate_requests' }]

type ChangeBody<S> = LimitBody & {
  contact?: S
  purpose?: S
  legal_basis?: S
  history_days?: number
}

const changeOf = <S extends string | null>(body: ChangeBody<S>) => ({
  ...{ contact: body.contact, purpose: body.purpose, legalBasis: body.legal_basis, historyDays: body.history_days },
  rate: rateOf(body),
})

const rateOf = ({ rate_requests, rate_per_second }: LimitBody) =>
  rate_requests !== undefined && rate_per_second !== undefined
    ? { requests: rate_requests, perSecond: rate_per_second }
    : undefined

const branchesOf = (ids: string[] | null | undefined) => (ids === null ? ('all' as const) : ids)

/** The settings of an application, for the audit log. Whom to ask is a person, so the log does not say who. */
function settingsOf(application: Application) {
  const {
    secrets: _,
    id: __,
    business_id: ___,
    created_at: ____,
    last_used_at: _____,
    contact,
    ...settings
  } = application
  return { ...settings, has_contact: contact !== null }
}

function withSecret(parts: ApplicationParts, application: Application, secret: string, now: Date) {
  const form = `-d grant_type=client_credentials -d client_id=${application.client_id} -d client_secret=${secret}`
  return {
    ...described(application, now),
    client_secret: secret,
    curl: `curl -s ${parts.publicUrl()}/api/partner/v1/oauth/token ${form}`,
  }
}

/** Customers that a preview shows. */
const PREVIEWED = 3

const preview = ({ callable }: ApplicationParts) =>
  memberOperation({
    ...{ id: 'console.applications.preview', method: 'POST', path: '/application-preview', role: 'admin', tag },
    summary: { th: 'ดูว่าแอปจะเห็นอะไร ก่อนบันทึก', en: 'Show what an application would see, before it is saved' },
    about: {
      th: 'แสดงลูกค้าจริงด้วยโค้ดเดียวกับ Partner API การดูจึงถูกบันทึกใน Ledger ในชื่อของคุณ',
      en: 'Shows real customers with the code of the Partner API. So the ledger records that you have seen them.',
    },
    // It only reads.
    atomic: false,
    body: JsonBody({ scopes: RequiredMember(GRANTED.scopes), branch_ids: RequiredMember(GRANTED.branch_ids) }),
    response: Data(ApplicationPreview),
    async handle({ db, caller, body }) {
      const scopes = new Set(body.scopes)
      const branches: Branches = branchesOf(body.branch_ids) ?? 'all'
      // The caller that an application with these rights would be, except that a member reads.
      const hypothetical = { ...caller, scopes, branches }
      const rows = scopes.has('read:customers')
        ? await listCustomers(db, hypothetical, { filters: {}, limit: PREVIEWED, after: null })
        : null
      return {
        customers: rows ? parseRows(rows) : [],
        operations: callable
          .filter(({ scope }) => scope !== 'public' && scope !== 'token' && scopes.has(scope))
          .map(({ id, summary }) => ({ id, th: summary.th, en: summary.en })),
      }
    },
  })

const update = memberOperation({
  ...{ id: 'console.applications.update', method: 'PATCH', path: '/applications/{id}', role: 'admin', tag },
  summary: { th: 'แก้ไขแอป', en: 'Update an application' },
  about: {
    th: 'แก้เฉพาะฟิลด์ที่ส่งมา สิทธิ์ที่เพิ่มมีผลกับ Token ถัดไป สิทธิ์ที่ถอนมีผลภายใน 2 วินาที ค่า null ลบผู้ติดต่อ และลบวัตถุประสงค์กับฐานทางกฎหมายของแอปที่ไม่อ่านลูกค้า',
    en: 'Updates only the fields in the request. Added rights apply to the next token; withdrawn rights end within two seconds. null removes the contact, and the purpose and legal basis of an application that does not read customers.',
  },
  params: APPLICATION,
  body: JsonBody({ ...CHANGED_STATEMENTS, ...GRANTED, ...LIMITED }, rateMistakes),
  response: Data(ConsoleApplication),
  problems: ['proof_required'],
  async handle(context) {
    const { db, caller, path, body, clock } = context
    const before = await own(db, caller, path.id, true)
    assertMayGrant(context, body.scopes?.filter((scope) => !before.scopes.includes(scope)) ?? [])
    const { purpose, legal_basis } = { ...before, ...body }
    // Applications that are older than the rule can still be renamed.
    const isChecked = body.scopes !== undefined || body.purpose === null || body.legal_basis === null
    const { kind, scopes } = { ...before, ...body, kind: before.kind }
    const mistakes = isChecked ? grantMistakes({ kind, scopes, purpose, legal_basis }) : []
    if (mistakes.length > 0) throw invalidBody(mistakes)
    const change = { ...changeOf(body), name: body.name, scopes: body.scopes, branches: branchesOf(body.branch_ids) }
    const after = await editApplication(db, path.id, change, clock())
    await audit(context, {
      ...{ subject: { type: 'application', id: path.id } },
      before: settingsOf(before),
      after: { ...settingsOf(after), ...(after.contact !== before.contact && { is_contact_changed: true }) },
    })
    return described(after, clock())
  },
})

const addSecret = (parts: ApplicationParts) =>
  memberOperation({
    ...{
      id: 'console.applications.add_secret',
      method: 'POST',
      path: '/applications/{id}/secrets',
      role: 'admin',
      tag,
    },
    summary: { th: 'เพิ่ม Secret', en: 'Add a secret' },
    about: { th: 'Secret เดิมยังใช้ได้จนกว่าจะเพิกถอน', en: 'The old secret works until it is revoked.' },
    params: APPLICATION,
    body: NO_BODY,
    response: WithStatus(201, Data(ApplicationWithSecret)),
    async handle(context) {
      const { db, caller, path, clock } = context
      await own(db, caller, path.id, true)
      const { application, client_secret } = await rotateSecret(db, path.id, clock())
      const added = application.secrets.at(-1)
      await audit(context, { subject: { type: 'application', id: path.id }, after: { secret_id: added?.id } })
      return withSecret(parts, application, client_secret, clock())
    },
  })

const removeSecret = memberOperation({
  ...{
    id: 'console.applications.revoke_secret',
    method: 'DELETE',
    path: '/applications/{id}/secrets/{secret_id}',
    role: 'admin',
    tag,
  },
  summary: { th: 'เพิกถอน Secret', en: 'Revoke a secret' },
  about: { th: 'Token ที่ขอด้วย Secret นี้ใช้ไม่ได้ภายใน 2 วินาที', en: 'Its tokens are rejected within two seconds.' },
  params: { ...APPLICATION, secret_id: Required(IdParameter('ID ของ Secret', 'Secret ID')) },
  body: NO_BODY,
  response: Data(ConsoleApplication),
  async handle(context) {
    const { db, caller, path, clock } = context
    const before = await own(db, caller, path.id, true)
    if (!before.secrets.some(({ id }) => id === path.secret_id)) throw new Problem('not_found')
    const after = await revokeSecret(db, path.id, path.secret_id, clock())
    await audit(context, { subject: { type: 'application', id: path.id }, before: { secret_id: path.secret_id } })
    return described(after, clock())
  },
})

const stops = memberOperation({
  ...{ id: 'console.applications.stops', method: 'GET', path: '/applications/{id}/stops', role: 'admin', tag },
  summary: { th: 'ดูว่าอะไรจะหยุดหากเพิกถอนแอป', en: 'Get what would stop without an application' },
  params: APPLICATION,
  response: Data(Stops),
  async handle({ db, caller, path }) {
    const application = await own(db, caller, path.id)
    return {
      last_used_at: application.last_used_at,
      webhooks: await webhooksThatStop(db, caller.business.id, path.id),
    }
  },
})

const pauseOperation = memberOperation({
  ...{ id: 'console.applications.pause', method: 'POST', path: '/applications/{id}/pause', role: 'admin', tag },
  summary: { th: 'หยุดแอปชั่วคราว', en: 'Pause an application' },
  about: {
    th: 'Secret และ Token ทั้งหมดใช้ไม่ได้ภายใน 2 วินาที และ Webhook เก็บ Event ไว้โดยไม่ส่ง จนกว่าจะสั่งให้ทำงานต่อ Secret ไม่เปลี่ยน',
    en: 'Its secrets and tokens are rejected within two seconds, and its webhooks keep their events, until it is resumed. Its secrets stay the same.',
  },
  params: APPLICATION,
  body: NO_BODY,
  response: Data(ConsoleApplication),
  async handle(context) {
    const { db, caller, path, clock } = context
    const after = await pause(db, await own(db, caller, path.id, true), clock())
    await audit(context, { subject: { type: 'application', id: path.id }, after: { paused_at: after.paused_at } })
    return described(after, clock())
  },
})

const resumeOperation = memberOperation({
  ...{ id: 'console.applications.resume', method: 'POST', path: '/applications/{id}/resume', role: 'admin', tag },
  summary: { th: 'ให้แอปทำงานต่อ', en: 'Resume an application' },
  about: {
    th: 'Secret เดิมใช้ได้อีก และ Webhook ส่งต่อจากที่หยุดไว้ แอปที่เห็นข้อมูลติดต่อ (PII) ให้ทำงานต่อได้เฉพาะ owner ที่ยืนยันตัวตนแล้ว (POST /proof) เพราะเท่ากับให้สิทธิ์นั้นอีกครั้ง',
    en: 'The same secrets work again, and webhooks go on where they stopped. If the application may see contact data (PII), only an owner can resume it, with a recent proof of identity (POST /proof): it grants that again.',
  },
  params: APPLICATION,
  body: NO_BODY,
  response: Data(ConsoleApplication),
  problems: ['proof_required'],
  async handle(context) {
    const { db, caller, path, clock } = context
    const before = await own(db, caller, path.id, true)
    assertMayGrant(context, before.scopes)
    const after = await resume(db, before, clock())
    await audit(context, { subject: { type: 'application', id: path.id }, before: { paused_at: before.paused_at } })
    return described(after, clock())
  },
})

const revoke = memberOperation({
  ...{ id: 'console.applications.revoke', method: 'DELETE', path: '/applications/{id}', role: 'admin', tag },
  summary: { th: 'เพิกถอนแอปอย่างถาวร', en: 'Revoke an application permanently' },
  about: {
    th: 'Secret และ Token ทั้งหมดใช้ไม่ได้ภายใน 2 วินาที และ Webhook หยุดส่ง',
    en: 'Its secrets and tokens are rejected within two seconds, and its webhooks receive nothing any more.',
  },
  params: APPLICATION,
  body: NO_BODY,
  response: Data(ConsoleApplication),
  async handle(context) {
    const { db, caller, path, clock } = context
    const before = await own(db, caller, path.id, true)
    const after = await revokeApplication(db, path.id, clock())
    await audit(context, {
      subject: { type: 'application', id: path.id },
      before: settingsOf(before),
      after: settingsOf(after),
    })
    return described(after, clock())
  },
})
