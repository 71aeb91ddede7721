import { forEachInSlices } from '../../time_slice.ts'

// The ledger as a file for people: words in the language of the member, and times as a clock of the business shows them.

/** A disclosure with the names of who saw it. */
export type NamedDisclosure = {
  id: string
  created_at: string
  channel: string
  class: string
  application: string | null
  member: string | null
  operation: string | null
  request_id: string
  address: string | null
  purpose: string | null
  customers: number
  hash: string
}

/** Returns what an operation does, in a few words. */
export type OperationTitle = (id: string) => { th: string; en: string } | undefined

/** How the file is written. */
export type CsvStyle = {
  language: 'th' | 'en'
  timeZone: string
  titleOf: OperationTitle
}

const WORDS = {
  th: {
    headings: [
      ...['เลขที่', 'เวลา', 'ผู้ที่เห็น', 'ช่องทาง', 'สิ่งที่เรียกดู', 'ชั้นของข้อมูล', 'จำนวนลูกค้า', 'วัตถุประสงค์'],
      ...['IP address หรือ Host', 'ID ของคำขอหรือการส่ง', 'Hash ของรายการ'],
    ],
    channels: { api: 'API', webhook: 'Webhook', access: 'เอกสารตามสิทธิ', console: 'คอนโซล' },
    classes: { profile: 'ข้อมูลทั่วไป', contact: 'ข้อมูลติดต่อ' },
    person: 'ลูกค้าเจ้าของข้อมูล',
  },
  en: {
    headings: [
      ...['Number', 'When', 'Who saw it', 'How', 'What was read', 'Class of data', 'Customers', 'What for'],
      ...['IP address or host', 'ID of the request or delivery', 'Hash of the entry'],
    ],
    channels: { api: 'API', webhook: 'Webhook', access: 'access document', console: 'console' },
    classes: { profile: 'profile', contact: 'contact' },
    person: 'The customer',
  },
}

/** Returns disclosures as CSV (UTF-8). Excel reads UTF-8 only with the mark at its start. */
export async function disclosureCsv(rows: readonly NamedDisclosure[], style: CsvStyle): Promise<string> {
  const { headings, channels, classes, person } = WORDS[style.language]
  const wordOf = (words: Readonly<Record<string, string>>, word: string) => words[word] ?? word
  const timeText = localTime(style.timeZone)
  const lines = [headings.map(cellOf).join()]
  await forEachInSlices(rows, (row) => {
    // The person gets the access document.
    const who = row.application ?? row.member ?? (row.channel === 'access' ? person : null)
    const title = row.operation === null ? null : (style.titleOf(row.operation)?.[style.language] ?? row.operation)
    const cells = [
      ...[row.id, timeText(row.created_at), who, wordOf(channels, row.channel), title],
      ...[wordOf(classes, row.class), row.customers, row.purpose, row.address, row.request_id, row.hash],
    ]
    lines.push(cells.map(cellOf).join())
  })
  return `\uFEFF${lines.join('\r\n')}\r\n`
}

/** Returns a function that writes an instant as the clock of a time zone shows it, with the offset from UTC. */
function localTime(timeZone: string): (at: string) => string {
  // The Swedish locale formats dates as ISO 8601.
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  const offset = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
  return (at) => {
    const moment = new Date(at)
    const zone = /[+-]\d\d:\d\d/.exec(offset.format(moment))?.[0] ?? '+00:00'
    return `${clock.format(moment).replace(' ', 'T')}${zone}`
  }
}

/** Returns a cell. A spreadsheet would compute a text that begins like a formula. */
function cellOf(value: string | number | null): string {
  const text = String(value ?? '')
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
