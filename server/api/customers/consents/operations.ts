import { List, operation, Page, PageQuery } from '../../../contract/operation.ts'
import { IdParameter, Required } from '../../../contract/parameters.ts'
import { consentsOfCustomer, listConsents } from './queries.ts'
import { Consent } from './schema.ts'

const tag = 'Customers'

/** What every reader of customers must know. */
const RULE = {
  th: 'ห้าม CRM หรือระบบการตลาดส่งข้อความถึงลูกค้าที่ไม่ได้ให้ความยินยอมสำหรับวัตถุประสงค์และช่องทางนั้น หรือถอนความยินยอมแล้ว',
  en: 'A CRM may not write to a customer who has not given consent for that purpose and channel, or who has withdrawn it.',
}

export const ofCustomer = operation({
  id: 'customer_consents.list',
  method: 'GET',
  path: '/customers/{id}/consents',
  tag,
  scope: 'read:customers',
  summary: { th: 'ดึงความยินยอมของลูกค้าหนึ่งราย', en: 'List the consents of a customer' },
  about: {
    th: `แสดงประวัติการให้และถอนความยินยอมทั้งหมดของลูกค้าใน Response เดียว เรียงตาม occurred_at จากใหม่ไปเก่า แล้วตาม id รายการแรกของ purpose ที่มี channel นั้น หรือมี channel เป็น null คือสถานะปัจจุบัน ${RULE.th}`,
    en: `Returns all statements of the customer in one response, sorted by occurred_at, newest first, then id. The first one of a purpose with this channel, or without a channel, is the current state. ${RULE.en}`,
  },
  uses: {
    th: ['ตรวจความยินยอมก่อนส่ง SMS อีเมล หรือข้อความ LINE ถึงลูกค้า', 'แสดงหลักฐานว่าลูกค้าให้หรือถอนความยินยอมเมื่อใด และที่ใด'],
    en: [
      'Checking the consent before sending a text message, an email or a LINE message to a customer',
      'Showing when and where a customer gave or withdrew a consent',
    ],
  },
  params: { id: Required(IdParameter('Customer ID', 'Customer ID', '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb')) },
  response: List(Consent),
  compressible: true,
  handle: ({ db, caller, path }) => consentsOfCustomer(db, caller, path.id),
})

export const list = operation({
  id: 'consents.list',
  method: 'GET',
  path: '/consents',
  tag,
  scope: 'read:customers',
  summary: { th: 'ดึงความยินยอมของลูกค้าทั้งหมด', en: 'List the consents of all customers' },
  about: {
    th: `แสดงประวัติการให้และถอนความยินยอมของลูกค้าทุกราย สำหรับเก็บสำเนาให้ตรงกับร้าน จากนั้นติดตามด้วย Event \`consent.changed\` เรียงตาม created_at จากใหม่ไปเก่า ${RULE.th}`,
    en: `Returns the statements of all customers, for a complete copy. Keep it up to date with the event \`consent.changed\`. Sorted by created_at, newest first. ${RULE.en}`,
  },
  uses: {
    th: ['ซิงค์ความยินยอมเข้าสู่ระบบ CRM พร้อมข้อมูลลูกค้า', 'ตรวจสอบย้อนหลังว่าการส่งข้อความแต่ละครั้งมีความยินยอมรองรับ'],
    en: [
      'Syncing consents into a CRM together with the customers',
      'Auditing whether every message that was sent had a consent',
    ],
  },
  query: PageQuery({}),
  response: Page(Consent),
  compressible: true,
  handle: ({ db, caller, query }) => listConsents(db, caller, query),
})
