import { Customer } from '../api/customers/schema.ts'
import { heading, type PageLanguage, paragraph, printPage, table } from './print_page.ts'
import type { ProcessingRecord } from './processing.ts'

// The record of processing activities as a page for printing: the eight items of PDPA §39, in their order.

const TEXTS = {
  th: {
    title: 'บันทึกรายการกิจกรรมการประมวลผลข้อมูลส่วนบุคคล',
    about: (at: string) =>
      `พ.ร.บ. คุ้มครองข้อมูลส่วนบุคคล มาตรา 39 จัดทำเมื่อ ${at} เฉพาะสิ่งที่ Talad ทราบ เจ้าของธุรกิจต้องเพิ่มกิจกรรมอื่นเอง`,
    ...{ data: '1. ข้อมูลส่วนบุคคลที่เก็บรวบรวม', purposes: '2. วัตถุประสงค์', controller: '3. ผู้ควบคุมข้อมูลส่วนบุคคล' },
    ...{ retention: '4. ระยะเวลาการเก็บรักษา', rights: '5. สิทธิและวิธีการเข้าถึงข้อมูล', use: '6. การใช้และเปิดเผยข้อมูล' },
    ...{ refused: '7. คำขอที่ปฏิเสธ', security: '8. มาตรการรักษาความมั่นคงปลอดภัย', none: 'ไม่มี', unstated: 'ไม่ได้ระบุ' },
    ...{
      profile: 'ชื่อและข้อมูลสมาชิก',
      contact: 'ข้อมูลติดต่อ',
      application: 'แอป',
      purpose: 'วัตถุประสงค์',
      basis: 'ฐานทางกฎหมาย',
    },
    ...{ reads: 'อ่านได้', branches: 'สาขา', all: 'ทุกสาขา', both: 'ชื่อ ข้อมูลสมาชิก และข้อมูลติดต่อ', times: 'จำนวนครั้ง' },
    ...{ first: 'ครั้งแรก', last: 'ครั้งล่าสุด', what: 'ข้อมูล', kept: 'เก็บไว้', untilErased: 'จนกว่าจะลบ', days: 'วัน' },
    ...{ request: 'คำขอ', received: 'ได้รับเมื่อ', reason: 'เหตุผล', by: 'ผู้ดำเนินการ', revoked: 'เพิกถอนแล้ว' },
    kinds: { access: 'ขอเข้าถึง', erasure: 'ขอให้ลบ', rectification: 'ขอให้แก้ไข', objection: 'คัดค้าน' },
    kinds39: {
      customers: 'ข้อมูลลูกค้า',
      events: 'Event log (ไม่มีข้อมูลของลูกค้า)',
      deliveries: 'ประวัติ Webhook (ไม่มีข้อมูลของลูกค้า)',
      ledger: 'บันทึกการเปิดเผย (ไม่มีข้อมูลของลูกค้า)',
      requests: 'บันทึกคำขอของแอป (ไม่มีข้อมูลของลูกค้า)',
      audit: 'บันทึกการกระทำของสมาชิก (ไม่มีข้อมูลของลูกค้า)',
    },
    incomplete: (names: string) => `ยังไม่ครบ: ต้องระบุวัตถุประสงค์และฐานทางกฎหมายของ ${names}`,
    access:
      'แอปอ่านข้อมูลด้วย Access token อายุ 1 ชั่วโมง เฉพาะ Scope และสาขาที่เจ้าของอนุญาต สิทธิ์ที่ถูกถอนสิ้นสุดภายใน 2 วินาที เจ้าของข้อมูลขอเข้าถึง แก้ไข คัดค้าน หรือให้ลบได้ที่ร้าน',
    measures: [
      'ข้อมูลของลูกค้าอยู่ในตารางเดียว ไม่อยู่ใน Log, Event log หรือประวัติ Webhook',
      'ทุกครั้งที่เปิดเผยข้อมูลมีรายการในบันทึกที่ต่อกันเป็นลูกโซ่ ตรวจสอบได้ด้วยใบรับของพาร์ตเนอร์และ Checkpoint ที่ลงลายเซ็น',
      'Secret เก็บเป็นแฮช คีย์สำหรับลงลายเซ็นและ Secret ของ Webhook เข้ารหัสด้วย AES-256-GCM',
      'Webhook ส่งผ่าน TLS พร้อมลายเซ็น',
    ],
  },
  en: {
    title: 'Record of processing activities',
    about: (at: string) =>
      `Personal Data Protection Act, Section 39. Made on ${at}, with what Talad knows; the owner adds other activities`,
    ...{ data: '1. Personal data collected', purposes: '2. Purposes', controller: '3. Data controller' },
    ...{ retention: '4. Retention', rights: '5. Rights and methods of access', use: '6. Use and disclosure' },
    ...{ refused: '7. Refused requests', security: '8. Security measures', none: 'None', unstated: 'Not stated' },
    ...{
      profile: 'Names and membership',
      contact: 'Contact data',
      application: 'Application',
      purpose: 'Purpose',
      basis: 'Legal basis',
    },
    ...{
      reads: 'Can read',
      branches: 'Branches',
      all: 'All',
      both: 'Names, membership and contact data',
      times: 'Times',
    },
    ...{ first: 'First', last: 'Last', what: 'Data', kept: 'Kept', untilErased: 'Until erased', days: 'days' },
    ...{ request: 'Request', received: 'Received', reason: 'Reason', by: 'Handled by', revoked: 'revoked' },
    kinds: { access: 'Access', erasure: 'Erasure', rectification: 'Rectification', objection: 'Objection' },
    kinds39: {
      customers: 'Customers',
      events: 'Event log (no data of customers)',
      deliveries: 'Webhook history (no data of customers)',
      ledger: 'Record of disclosures (no data of customers)',
      requests: 'Log of requests (no data of customers)',
      audit: 'Audit log of members (no data of customers)',
    },
    incomplete: (names: string) => `Incomplete: the purpose and the legal basis of ${names} must be stated`,
    access:
      'Applications read with access tokens that last an hour, limited to the scopes and branches that the owner granted. Withdrawn rights end within 2 seconds. Persons ask the shop for access, rectification or erasure, or object.',
    measures: [
      'Data of customers is in one table, and not in logs, the event log or the webhook history',
      'Every disclosure has an entry in a chained record, which receipts of partners and signed checkpoints verify',
      'Secrets are stored as hashes; signing keys and webhook secrets are encrypted with AES-256-GCM',
      'Webhooks are sent over TLS and signed',
    ],
  },
}

/** Returns the page as HTML. @param timeZone of the business */
export function recordPage(record: ProcessingRecord, language: PageLanguage, timeZone: string): string {
  const texts = TEXTS[language]
  const day = new Intl.DateTimeFormat(language === 'th' ? 'th-TH' : 'en-GB', { timeZone, dateStyle: 'medium' })
  const dayOf = (value: Date | null) => (value ? day.format(value) : '–')
  const labels = (names: readonly string[]) => names.map((name) => Customer.fields[name]?.[language] ?? name).join(', ')
  const { business, data, applications, incomplete, retention, refused } = record
  return printPage(language, texts.title, [
    paragraph(texts.about(day.format(record.made_at))),
    heading(texts.data),
    table(
      [],
      [
        [texts.profile, labels(data.profile)],
        [texts.contact, labels(data.contact)],
      ],
    ),
    heading(texts.purposes),
    table(
      [texts.application, texts.purpose, texts.basis],
      applications.map(({ name, purpose, legal_basis }) => [
        name,
        purpose ?? texts.unstated,
        legal_basis ?? texts.unstated,
      ]),
      texts.none,
    ),
    ...(incomplete.length > 0 ? [paragraph(texts.incomplete(incomplete.join(', ')))] : []),
    heading(texts.controller),
    paragraph(business.name),
    heading(texts.retention),
    table(
      [texts.what, texts.kept],
      retention.map(({ what, days }) => [
        texts.kinds39[what],
        days === null ? texts.untilErased : `${days} ${texts.days}`,
      ]),
    ),
    heading(texts.rights),
    paragraph(texts.access),
    heading(texts.use),
    table(
      [texts.application, texts.reads, texts.branches, texts.times, texts.first, texts.last],
      applications.map((one) => [
        // A new application may have the name of a revoked one.
        one.revoked_at ? `${one.name} (${texts.revoked} ${dayOf(one.revoked_at)})` : one.name,
        one.reads_contact_data ? texts.both : texts.profile,
        one.branches === null ? texts.all : String(one.branches),
        ...[String(one.disclosures), dayOf(one.first_use), dayOf(one.last_use)],
      ]),
      texts.none,
    ),
    heading(texts.refused),
    table(
      [texts.received, texts.request, texts.reason, texts.by],
      refused.map(({ received_at, kind, reason, handled_by }) => [
        dayOf(received_at),
        texts.kinds[kind],
        reason ?? '',
        handled_by ?? '',
      ]),
      texts.none,
    ),
    heading(texts.security),
    ...texts.measures.map((text) => paragraph(text)),
  ])
}
