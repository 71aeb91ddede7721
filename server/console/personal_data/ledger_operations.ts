import { JsonBody, NO_BODY, TextMember } from '../../contract/members.ts'
import { Data, type Operation, Page, PageQuery, Query } from '../../contract/operation.ts'
import { ChoiceParameter, DayParameter, IdParameter, Required } from '../../contract/parameters.ts'
import { invalidBody } from '../../contract/problem.ts'
import type { Database, Runner } from '../../db/database.ts'
import { makeCheckpoint } from '../../ledger/checkpoints.ts'
import { type StoredEntry, searchLedger } from '../../ledger/entries.ts'
import { beginOfDay } from '../../ledger/search_days.ts'
import type { StatementSigner } from '../../ledger/statements.ts'
import { receiptFrom, verifyLedger, witnessOf } from '../../ledger/verification/verify.ts'
import { LEDGER_SEARCHED_MAX } from '../../limits.ts'
import { distinctNames } from '../../oauth/application_names.ts'
import { Refusal } from '../../oauth/applications.ts'
import { audit } from '../audit/audit.ts'
import { composedPage, memberOperation } from '../frame.ts'
import { memberNames } from '../members/membership.ts'
import { disclosureCsv, type OperationTitle } from './disclosure_csv.ts'
import { DisclosureEntry, DisclosureFile, LedgerCheckpoint, LedgerVerification } from './schema.ts'

export type LedgerParts = { db: Database; signer: StatementSigner; titleOf: OperationTitle }

/** Operations on the ledger: who saw personal data, and the proof that the record is complete. */
export const ledgerOperations = (parts: LedgerParts): Operation[] => [
  list,
  ofCustomer,
  exported(parts),
  checkpoint(parts),
  verify(parts),
]

const tag = 'Personal Data'

const FILTERS = {
  application_id: IdParameter('กรองตามแอป', 'Filter by application'),
  member_id: IdParameter('กรองตามสมาชิก', 'Filter by member'),
  class: ChoiceParameter(['profile', 'contact'], 'กรองตามชั้นของข้อมูล', 'Filter by class of data'),
  from: DayParameter('ตั้งแต่วันนี้', 'From this day on, in the time zone of the business'),
  to: DayParameter('ถึงวันนี้', 'Up to and including this day'),
}

type DisclosureFilters = {
  application_id?: string
  member_id?: string
  class?: 'profile' | 'contact'
  from?: string
  to?: string
}

type WantedDisclosures = {
  filters: DisclosureFilters
  customerId?: string
  before?: number | undefined
  limit: number
  now: Date
}

async function search(
  db: Runner,
  businessId: string,
  { filters, now, ...rest }: WantedDisclosures,
): Promise<StoredEntry[]> {
  return searchLedger(db, businessId, {
    ...rest,
    ...{ applicationId: filters.application_id, memberId: filters.member_id, class: filters.class },
    from: await beginOfDay(db, businessId, filters.from, 0, now),
    to: await beginOfDay(db, businessId, filters.to, 1, now),
  })
}

/** Returns entries as the console shows them, with the names of who read. */
async function named(db: Runner, entries: readonly StoredEntry[]) {
  const [applications, members] = await Promise.all([
    distinctNames(
      db,
      entries.flatMap(({ applicationId }) => applicationId ?? []),
    ),
    memberNames(
      db,
      entries.flatMap(({ memberId }) => memberId ?? []),
    ),
  ])
  return entries.map((entry) => ({
    ...{ id: String(entry.sequence), created_at: entry.at, channel: entry.channel, class: entry.class },
    application_id: entry.applicationId,
    application: applications.get(entry.applicationId ?? '')?.distinctName ?? null,
    member_id: entry.memberId,
    member: members.get(entry.memberId ?? '') ?? null,
    ...{ operation: entry.operation, request_id: entry.requestId, address: entry.address, purpose: entry.purpose },
    ...{ customers: entry.customerIds.length, hash: entry.hash },
  }))
}

const list = memberOperation({
  ...{ id: 'console.disclosures.list', method: 'GET', path: '/disclosures', role: 'admin', tag },
  summary: { th: 'ดูว่าใครเห็นข้อมูลส่วนบุคคล', en: 'List who saw personal data' },
  query: PageQuery(FILTERS),
  response: Page(DisclosureEntry),
  async handle({ db, caller, query: { filters, limit, after }, clock }) {
    const wanted = { filters, limit: limit + 1, before: after ? Number(after.id) : undefined, now: clock() }
    return composedPage(await named(db, await search(db, caller.business.id, wanted)), limit)
  },
})

const ofCustomer = memberOperation({
  ...{ id: 'console.disclosures.of_customer', method: 'GET', path: '/customers/{id}/disclosures', role: 'admin', tag },
  needsProof: true,
  summary: { th: 'ดูว่าใครเห็นข้อมูลของลูกค้ารายนี้', en: 'List who saw the data of one customer' },
  params: { id: Required(IdParameter('Customer ID', 'Customer ID')) },
  query: PageQuery(FILTERS),
  response: Page(DisclosureEntry),
  async handle({ db, caller, path, query: { filters, limit, after }, clock }) {
    const before = after ? Number(after.id) : undefined
    const wanted = { filters, customerId: path.id, limit: limit + 1, before, now: clock() }
    return composedPage(await named(db, await search(db, caller.business.id, wanted)), limit)
  },
})

const exported = ({ titleOf }: LedgerParts) =>
  memberOperation({
    ...{ id: 'console.disclosures.export', method: 'GET', path: '/disclosures/export', role: 'admin', tag },
    summary: { th: 'ส่งออกการเปิดเผยเป็น CSV', en: 'Export who saw personal data as CSV' },
    about: {
      th: `ได้ ${LEDGER_SEARCHED_MAX.toLocaleString('en')} รายการล่าสุด เลือกช่วงวันเพื่อดูรายการก่อนหน้า ไฟล์ใช้ภาษาของคุณและเวลาของธุรกิจ`,
      en: `Contains the newest ${LEDGER_SEARCHED_MAX.toLocaleString('en')} entries. Choose days to get older ones. The file is in your language, with times of the business.`,
    },
    query: Query(FILTERS),
    class: 'log',
    response: Data(DisclosureFile),
    async handle({ db, caller, query, clock }) {
      const wanted = { filters: query, limit: LEDGER_SEARCHED_MAX + 1, now: clock() }
      const found = await named(db, await search(db, caller.business.id, wanted))
      const rows = found.slice(0, LEDGER_SEARCHED_MAX)
      const style = { language: caller.member.language, timeZone: caller.business.timeZone, titleOf }
      return { csv: await disclosureCsv(rows, style), rows: rows.length, is_complete: found.length === rows.length }
    },
  })

const checkpoint = ({ signer }: LedgerParts) =>
  memberOperation({
    ...{ id: 'console.ledger.checkpoint', method: 'POST', path: '/ledger/checkpoint', role: 'admin', tag },
    summary: {
      th: 'ขอหลักฐานว่าบันทึกการเห็นข้อมูลส่วนบุคคลมีถึงรายการใด',
      en: 'Make a signed statement of where the ledger ends',
    },
    body: NO_BODY,
    response: Data(LedgerCheckpoint),
    async handle(context) {
      const { db, caller, clock } = context
      const made = await makeCheckpoint(db, signer, caller.business.id, clock())
      if (!made) throw new Refusal('The ledger has no entries yet, so there is nothing to state.')
      const { sequence, hash, at } = made.checkpoint
      await audit(context, { after: { sequence } })
      return { sequence, hash, at, statement: made.statement, public_key: signer.publicKey }
    },
  })

const verify = ({ db, signer }: LedgerParts) =>
  memberOperation({
    ...{ id: 'console.ledger.verify', method: 'POST', path: '/ledger/verify', role: 'admin', tag },
    summary: { th: 'ตรวจว่า Ledger ครบถ้วน', en: 'Check that the ledger is complete' },
    about: {
      th: 'เทียบกับ Receipt ที่ผู้รับข้อมูลเก็บไว้ได้ด้วย (Header Ledger-Receipt)',
      en: 'Also compares with a receipt that a partner has kept (the header Ledger-Receipt).',
    },
    atomic: false,
    class: 'log',
    body: JsonBody({
      receipt: TextMember('Receipt ที่ผู้รับเก็บไว้', 'Receipt of a partner', 100, '1042;sha256=6d3e…'),
    }),
    response: Data(LedgerVerification),
    async handle({ caller, body }) {
      const receipt = body.receipt === undefined ? null : receiptFrom(body.receipt)
      if (body.receipt !== undefined && !receipt)
        throw invalidBody([{ field: 'receipt', message: 'must have the form 1042;sha256=<64 hexadecimal digits>' }])
      const result = await verifyLedger(db, signer, caller.business.id, receipt ? [witnessOf(receipt)] : [])
      const { entries, first, last, fault, unknown } = result
      return { entries, first, last, fault, unknown }
    },
  })
