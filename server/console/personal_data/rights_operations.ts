import { customerNameOf, hasCustomer, listCustomers } from '../../api/customers/queries.ts'
import { Customer } from '../../api/customers/schema.ts'
import type { Ledger } from '../../contract/disclosure.ts'
import {
  ChoiceMember,
  CountMember,
  IdMember,
  JsonBody,
  NO_BODY,
  RequiredMember,
  TextMember,
  TimeMember,
} from '../../contract/members.ts'
import { Data, Empty, type Operation, Page, PageQuery, Query, WithStatus } from '../../contract/operation.ts'
import {
  ChoiceParameter,
  ComparingField,
  ExactParameter,
  IdParameter,
  PhoneParameter,
  Required,
  SearchParameter,
  ValueParameter,
} from '../../contract/parameters.ts'
import { Problem } from '../../contract/problem.ts'
import type { Database } from '../../db/database.ts'
import { PERSON_PATH } from '../../http/monitoring/logged_path.ts'
import type { StatementSigner } from '../../ledger/statements.ts'
import { PERSON_LINK_DAYS_MAX, STATEMENT_MAX_LENGTH } from '../../limits.ts'
import { accessDocument } from '../../privacy/access.ts'
import { accessPage } from '../../privacy/access_page.ts'
import { certificateOf, signCertificate } from '../../privacy/certificate.ts'
import { eraseCustomer } from '../../privacy/erasure.ts'
import type { Journal } from '../../privacy/journal.ts'
import { createPersonLink, listPersonLinks, revokePersonLink } from '../../privacy/person_links.ts'
import { processingRecord } from '../../privacy/processing.ts'
import { recordPage } from '../../privacy/processing_page.ts'
import { addRequest, closeRequest, listRequests } from '../../privacy/requests.ts'
import { audit } from '../audit/audit.ts'
import { ComposedList, memberOperation } from '../frame.ts'
import {
  AccessPaper,
  Certificate,
  CustomerName,
  PersonLinkResource,
  PersonLinkWithUrl,
  ProcessingPaper,
  RightsRequestResource,
} from './schema.ts'

export type RightsParts = {
  db: Database
  ledger: Ledger
  signer: StatementSigner
  journal: Journal
  publicUrl(): string
}

/** Operations for the rights of persons. */
export const rightsOperations = (parts: RightsParts): Operation[] => [
  customers,
  customerName,
  requests,
  addOne,
  close,
  accessPaper(parts),
  erase(parts),
  certificate(parts),
  links,
  makeLink(parts),
  revokeLink,
  record(parts),
]

const tag = 'Personal Data'
const CUSTOMER = { id: Required(IdParameter('Customer ID', 'Customer ID')) }
const LANGUAGE = ChoiceMember(['th', 'en'], 'ภาษาของเอกสาร', 'Language of the page')

const customers = memberOperation({
  ...{ id: 'console.customers.list', method: 'GET', path: '/customers', role: 'admin', tag },
  summary: { th: 'ค้นหาลูกค้า', en: 'Find customers' },
  about: { th: 'การค้นหาถูกบันทึกใน Ledger ในชื่อของคุณ', en: 'The ledger records that you have seen them.' },
  query: PageQuery({
    q: SearchParameter('ค้นหาจากชื่อหรือรหัสลูกค้า', 'Search in the name and the customer code'),
    customer_code: ExactParameter('รหัสลูกค้า', 'Customer code', 'CUS-000380'),
    phone: ComparingField(Customer, 'phone', PhoneParameter('เบอร์โทรศัพท์', 'Phone number', '0812345678')),
    email: ComparingField(Customer, 'email', ValueParameter('อีเมล', 'Email address', 'somchai@example.com')),
  }),
  response: Page(Customer),
  handle: ({ db, caller, query }) => listCustomers(db, caller, query),
})

const customerName = memberOperation({
  ...{ id: 'console.customers.name', method: 'GET', path: '/customers/{id}/name', role: 'admin', tag },
  summary: { th: 'ดูชื่อและรหัสของลูกค้า', en: 'Get the name and the code of a customer' },
  about: { th: 'การดูถูกบันทึกใน Ledger ในชื่อของคุณ', en: 'The ledger records that you have seen them.' },
  params: CUSTOMER,
  response: Data(CustomerName),
  async handle({ db, caller, path }) {
    const name = await customerNameOf(db, caller, path.id)
    if (!name) throw new Problem('not_found')
    // Without contact data, whatever the member may see.
    caller.disclosures.note([path.id], 'profile')
    return name
  },
})

const requests = memberOperation({
  ...{ id: 'console.rights_requests.list', method: 'GET', path: '/rights-requests', role: 'admin', tag },
  summary: { th: 'ดึงคำขอของเจ้าของข้อมูล', en: 'List the requests of persons' },
  query: Query({ state: ChoiceParameter(['open', 'all'], 'open (ค่าเริ่มต้น) หรือ all', 'open (default) or all') }),
  response: ComposedList(RightsRequestResource),
  handle: ({ db, caller, query }) => listRequests(db, caller.business.id, query.state ?? 'open'),
})

const addOne = memberOperation({
  ...{ id: 'console.rights_requests.create', method: 'POST', path: '/rights-requests', role: 'admin', tag },
  summary: { th: 'รับคำขอของลูกค้า', en: 'Note a request that arrived' },
  body: JsonBody({
    kind: RequiredMember(ChoiceMember(['access', 'erasure', 'rectification', 'objection'], 'ชนิด', 'Kind')),
    customer_id: RequiredMember(IdMember('Customer ID', 'Customer ID', '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb')),
    received_at: RequiredMember(TimeMember('ได้รับเมื่อ', 'When it was received', '2026-11-30T03:00:00Z')),
    received_by: RequiredMember(
      TextMember(
        'ได้รับทาง โดยไม่ระบุชื่อเจ้าของข้อมูล',
        'How it arrived, without naming the person',
        STATEMENT_MAX_LENGTH,
        'โทรศัพท์',
      ),
    ),
  }),
  response: WithStatus(201, Data(RightsRequestResource)),
  async handle(context) {
    const { db, caller, body, clock } = context
    const { kind, customer_id: customerId, received_at: receivedAt, received_by: receivedBy } = body
    const made = await addRequest(db, caller.business.id, { kind, customerId, receivedAt, receivedBy }, clock())
    await audit(context, { subject: { type: 'rights_request', id: made.id }, after: { kind, customer_id: customerId } })
    return made
  },
})

const close = memberOperation({
  ...{ id: 'console.rights_requests.close', method: 'POST', path: '/rights-requests/{id}/close', role: 'admin', tag },
  summary: { th: 'ปิดคำขอ', en: 'Close a request' },
  about: {
    th: 'มี `refusal_reason` คือปฏิเสธ ไม่มีคือดำเนินการแล้ว',
    en: 'With `refusal_reason` it is refused, else it is done.',
  },
  params: { id: Required(IdParameter('ID ของคำขอ', 'Request ID')) },
  body: JsonBody({
    refusal_reason: TextMember('เหตุผลที่ปฏิเสธ', 'Why it is refused', STATEMENT_MAX_LENGTH, 'พิสูจน์ตัวตนไม่ได้'),
  }),
  response: Data(RightsRequestResource),
  async handle(context) {
    const { db, caller, path, body, clock } = context
    const reason = body.refusal_reason ?? null
    const closed = await closeRequest(db, caller.business.id, { id: path.id, by: caller.member.name, reason }, clock())
    if (!closed) throw new Problem('not_found')
    await audit(context, { subject: { type: 'rights_request', id: path.id }, after: { state: closed.state } })
    return closed
  },
})

const accessPaper = ({ db, ledger }: RightsParts) =>
  memberOperation({
    ...{ id: 'console.access_document', method: 'POST', path: '/customers/{id}/access-document', role: 'admin', tag },
    // It contains the ledger of the person, as does the page of a link.
    needsProof: true,
    summary: { th: 'ทำเอกสารตามคำขอเข้าถึงข้อมูล', en: 'Make the access document of a customer' },
    // It reads much, and writes to the ledger by itself.
    atomic: false,
    params: CUSTOMER,
    body: JsonBody({ language: RequiredMember(LANGUAGE) }),
    response: Data(AccessPaper),
    async handle(context) {
      const { caller, path, body, clock } = context
      const document = await accessDocument({ db, ledger }, caller.business, path.id, clock(), () =>
        audit(context, { subject: { type: 'customer', id: path.id } }),
      )
      if (!document) throw new Problem('not_found')
      // The member sees what the person gets.
      if (document.customer) caller.disclosures.note([path.id], 'contact')
      return { document, html: accessPage(document, body.language, caller.business.timeZone) }
    },
  })

const erase = (parts: RightsParts) =>
  memberOperation({
    ...{
      id: 'console.customers.erase',
      method: 'POST',
      path: '/customers/{id}/erase',
      role: 'owner',
      needsProof: true,
      tag,
    },
    summary: { th: 'ลบลูกค้าอย่างถาวร', en: 'Erase a customer for ever' },
    about: {
      th: 'แจ้งทุกแอปที่เคยได้รับข้อมูล และไม่มีใครส่งลูกค้ารายนี้กลับมาได้อีก',
      en: 'Tells every application that had received the data. Nobody can send this customer again.',
    },
    // The erasure has its own transaction, with the file of erasures.
    atomic: false,
    params: CUSTOMER,
    body: JsonBody({
      reason: RequiredMember(
        TextMember('เหตุผล โดยไม่ระบุชื่อ', 'Why, without naming the person', STATEMENT_MAX_LENGTH, 'คำขอวันที่ 30 พฤศจิกายน'),
      ),
    }),
    response: Data(Certificate),
    async handle(context) {
      const { caller, path, body, clock } = context
      const { db, journal } = parts
      const wanted = {
        businessId: caller.business.id,
        customerId: path.id,
        reason: body.reason,
        by: caller.member.name,
      }
      const outcome = await eraseCustomer(db, journal, wanted, clock(), (tx) =>
        audit({ ...context, db: tx }, { subject: { type: 'customer', id: path.id } }),
      )
      if (outcome === 'absent') throw new Problem('not_found')
      return certified(parts, caller.business.id, path.id)
    },
  })

async function certified({ db, signer }: RightsParts, businessId: string, customerId: string) {
  const found = await certificateOf(db, businessId, customerId)
  if (!found) throw new Problem('not_found')
  const { reason, erased_by, erased_at, is_complete, unknown_spans, recipients } = found
  return {
    ...{ customer_id: found.customer_id, reason, erased_by, erased_at, is_complete },
    recipients: recipients.map((one) => ({
      ...{ application_id: one.application_id, application: one.application, client_id: one.client_id },
      ...{ contact: one.contact, revoked_at: one.revoked_at, class: one.class, times: one.times, state: one.state },
    })),
    statement: await signCertificate(signer, found),
    unknown_spans,
  }
}

const certificate = (parts: RightsParts) =>
  memberOperation({
    ...{ id: 'console.erasures.get', method: 'GET', path: '/erasures/{id}', role: 'admin', tag },
    summary: { th: 'ดึงหนังสือรับรองการลบ', en: 'Get the certificate of an erasure' },
    params: CUSTOMER,
    response: Data(Certificate),
    handle: ({ caller, path }) => certified(parts, caller.business.id, path.id),
  })

const links = memberOperation({
  ...{ id: 'console.person_links.list', method: 'GET', path: '/person-links', role: 'admin', tag },
  summary: { th: 'ดึงลิงก์สำหรับเจ้าของข้อมูล', en: 'List the links of persons' },
  query: Query({
    customer_id: IdParameter('กรองตามลูกค้า', 'Filter by customer'),
    state: ChoiceParameter(['active', 'all'], 'active (ค่าเริ่มต้น) หรือ all', 'active (default) or all'),
  }),
  response: ComposedList(PersonLinkResource),
  handle: ({ db, caller, query, clock }) =>
    listPersonLinks(
      db,
      caller.business.id,
      { customerId: query.customer_id ?? null, which: query.state ?? 'active' },
      clock(),
    ),
})

const makeLink = ({ publicUrl }: RightsParts) =>
  memberOperation({
    ...{ id: 'console.person_links.create', method: 'POST', path: '/customers/{id}/links', role: 'admin', tag },
    needsProof: true,
    summary: {
      th: 'สร้างลิงก์ให้เจ้าของข้อมูลดูว่าใครได้รับข้อมูล',
      en: 'Make a link with which a person sees who received their data',
    },
    params: CUSTOMER,
    body: JsonBody({ days: RequiredMember(CountMember('ใช้ได้กี่วัน', 'Days that it is valid', PERSON_LINK_DAYS_MAX, 7)) }),
    response: WithStatus(201, Data(PersonLinkWithUrl)),
    async handle(context) {
      const { db, caller, path, body, clock } = context
      if (!(await hasCustomer(db, caller, path.id))) throw new Problem('not_found')
      const wanted = { businessId: caller.business.id, customerId: path.id, days: body.days, by: caller.member.name }
      const { token, ...made } = await createPersonLink(db, wanted, clock())
      await audit(context, { subject: { type: 'customer', id: path.id }, after: { link_id: made.id } })
      return { ...made, url: `${publicUrl()}${PERSON_PATH}/${token}` }
    },
  })

const revokeLink = memberOperation({
  ...{ id: 'console.person_links.revoke', method: 'DELETE', path: '/person-links/{id}', role: 'admin', tag },
  summary: { th: 'เพิกถอนลิงก์', en: 'Revoke a link' },
  params: { id: Required(IdParameter('ID ของลิงก์', 'Link ID')) },
  body: NO_BODY,
  response: Empty(204),
  async handle(context) {
    const { db, caller, path, clock } = context
    const gone = await revokePersonLink(db, caller.business.id, path.id, clock())
    if (!gone) throw new Problem('not_found')
    await audit(context, { subject: { type: 'customer', id: gone.customer_id }, before: { link_id: path.id } })
  },
})

const record = ({ db }: RightsParts) =>
  memberOperation({
    ...{ id: 'console.processing_record', method: 'GET', path: '/processing-record', role: 'admin', tag },
    summary: { th: 'ทำบันทึกรายการกิจกรรม (มาตรา 39)', en: 'Make the record of processing activities' },
    query: Query({ language: Required(ChoiceParameter(['th', 'en'], 'ภาษาของเอกสาร', 'Language of the page')) }),
    class: 'log',
    response: Data(ProcessingPaper),
    async handle({ caller, query, clock }) {
      const { id, name, timeZone } = caller.business
      const made = await processingRecord(db, { id, name }, clock())
      return { record: made, html: recordPage(made, query.language, timeZone) }
    },
  })
