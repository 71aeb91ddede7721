import type { Channel, DisclosureClass } from '../contract/disclosure.ts'
import type { UnknownSpan } from '../ledger/restored/restores.ts'
import { type PageLanguage, paragraph, table } from './print_page.ts'

// Who has received the data of a person, as tables of the access document and of the page that a link opens.

/** Disclosures to one recipient in one way. */
export type DisclosureGroup = ReceivedData & { times: number; first: Date; last: Date }

type ReceivedData = {
  /** Name of the application; null for the person, and for members of the shop. */
  application: string | null
  channel: Channel
  class: DisclosureClass
  purpose: string | null
}

const TEXTS = {
  th: {
    ...{ at: 'เวลา', application: 'ผู้รับ', class: 'ข้อมูล', purpose: 'วัตถุประสงค์', channel: 'ช่องทาง', times: 'จำนวนครั้ง' },
    ...{ first: 'ครั้งแรก', last: 'ครั้งล่าสุด', you: 'คุณ', shop: 'ร้าน', unstated: 'ไม่ได้ระบุ', none: 'ไม่มี' },
    classes: { profile: 'ชื่อและข้อมูลสมาชิก', contact: 'ชื่อ ข้อมูลสมาชิก และข้อมูลติดต่อ' },
    holds: 'ข้อมูลติดต่อ คือ เบอร์โทรศัพท์ อีเมล วันเกิด ที่อยู่ และเลขประจำตัวผู้เสียภาษี',
    channels: {
      api: 'ผู้รับเรียกดู (API)',
      webhook: 'ร้านส่งให้ (Webhook)',
      access: 'เอกสารตามคำขอของคุณ',
      console: 'พนักงานของร้านเปิดดู',
    },
  },
  en: {
    ...{ at: 'Time', application: 'Recipient', class: 'Data', purpose: 'Purpose', channel: 'Channel', times: 'Times' },
    ...{ first: 'First', last: 'Last', you: 'You', shop: 'The shop', unstated: 'Not stated', none: 'None' },
    classes: { profile: 'Name and membership', contact: 'Name, membership and contact data' },
    holds: 'Contact data: phone number, email, date of birth, address and tax ID.',
    channels: {
      api: 'Read by the recipient (API)',
      webhook: 'Sent by the shop (webhook)',
      access: 'Document that you asked for',
      console: 'Viewed by staff of the shop',
    },
  },
}

/** Returns a table with a row for each group. @param timeText formats a time */
export function groupTable(
  language: PageLanguage,
  groups: readonly DisclosureGroup[],
  timeText: (at: Date) => string,
): string {
  const texts = TEXTS[language]
  const rows = table(
    [texts.application, texts.class, texts.purpose, texts.channel, texts.times, texts.first, texts.last],
    groups.map((group) => [
      ...receivedCells(language, group),
      ...[group.times.toLocaleString('en'), timeText(group.first), timeText(group.last)],
    ]),
    texts.none,
  )
  return withClasses(language, groups, rows)
}

/** Returns a table with a row for each time. */
export function timeTable(
  language: PageLanguage,
  disclosures: readonly (ReceivedData & { at: Date })[],
  timeText: (at: Date) => string,
): string {
  const texts = TEXTS[language]
  const rows = table(
    [texts.at, texts.application, texts.class, texts.purpose, texts.channel],
    disclosures.map((one) => [timeText(one.at), ...receivedCells(language, one)]),
    texts.none,
  )
  return withClasses(language, disclosures, rows)
}

/** Returns a table with a sentence that says what contact data is, if it names that class. */
const withClasses = (language: PageLanguage, received: readonly ReceivedData[], rows: string): string =>
  received.some((one) => one.class === 'contact') ? rows + paragraph(TEXTS[language].holds) : rows

function receivedCells(language: PageLanguage, { application, channel, class: of, purpose }: ReceivedData): string[] {
  const texts = TEXTS[language]
  // The person has asked for the document, and the shop holds the data: neither is an application with a purpose.
  const why = purpose ?? (channel === 'access' || channel === 'console' ? '–' : texts.unstated)
  return [
    application ?? (channel === 'console' ? texts.shop : texts.you),
    texts.classes[of],
    why,
    texts.channels[channel],
  ]
}

const UNKNOWN = {
  th: (from: string, to: string) =>
    `ระหว่าง ${from} ถึง ${to} ไม่ทราบว่ามีใครได้รับข้อมูลบ้าง เพราะร้านกู้คืนระบบจากข้อมูลสำรอง และบันทึกในช่วงนั้นสูญหาย`,
  en: (from: string, to: string) =>
    `It is unknown who received the data between ${from} and ${to}: the shop restored its system from a backup, and the record of that time was lost.`,
}

/** Returns a paragraph for each span that the ledger does not know. */
export const unknownParagraphs = (
  language: PageLanguage,
  spans: readonly UnknownSpan[],
  timeText: (at: Date) => string,
): string[] => spans.map(({ from, to }) => paragraph(UNKNOWN[language](timeText(from), timeText(to))))
