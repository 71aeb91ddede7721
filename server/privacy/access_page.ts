import { Customer } from '../api/customers/schema.ts'
import type { Fields } from '../contract/schema.ts'
import { summedUp } from '../ledger/entries.ts'
import type { AccessDocument } from './access.ts'
import { groupTable, unknownParagraphs } from './disclosure_table.ts'
import { heading, type PageLanguage, paragraph, printPage, table } from './print_page.ts'

// The access document as a page for printing, in Thai and English.

const TEXTS = {
  th: {
    title: 'ข้อมูลส่วนบุคคลของคุณ',
    about: (business: string, at: string) =>
      `${business} จัดทำเมื่อ ${at} ตามสิทธิขอเข้าถึงข้อมูลส่วนบุคคล (พ.ร.บ. คุ้มครองข้อมูลส่วนบุคคล มาตรา 30)`,
    ...{ held: 'ข้อมูลที่ร้านเก็บ', gone: 'ร้านไม่เก็บข้อมูลของลูกค้ารายนี้แล้ว', consents: 'ความยินยอม', sales: 'บิลขาย' },
    ...{ events: 'การเปลี่ยนแปลงล่าสุดของข้อมูล', disclosures: 'ใครได้รับข้อมูลของคุณ', none: 'ไม่มี' },
    ...{ at: 'เวลา', purpose: 'วัตถุประสงค์', channel: 'ช่องทาง' },
    ...{ order: 'เลขที่บิล', total: 'ยอดรวม', items: 'รายการ', type: 'ชนิด' },
    ...{
      yes: 'ใช่',
      no: 'ไม่ใช่',
      status: 'สถานะ',
      source: 'แหล่งที่มา',
      all: 'ทุกช่องทาง',
      active: 'ใช้งานอยู่',
      inactive: 'ไม่ใช้งาน',
      given: 'ให้',
      withdrawn: 'ถอน',
    },
  },
  en: {
    title: 'Your personal data',
    about: (business: string, at: string) =>
      `Made by ${business} on ${at}, on your right of access (Personal Data Protection Act, Section 30)`,
    ...{
      held: 'What the shop holds',
      gone: 'The shop no longer holds data of this customer',
      consents: 'Consents',
      sales: 'Sales',
    },
    ...{
      events: 'Latest changes of the data',
      disclosures: 'Who has received your data',
      none: 'None',
    },
    ...{ at: 'Time', purpose: 'Purpose', channel: 'Channel' },
    ...{ order: 'Bill', total: 'Total', items: 'Items', type: 'Type' },
    ...{
      yes: 'Yes',
      no: 'No',
      status: 'Status',
      source: 'Source',
      all: 'All channels',
      active: 'Active',
      inactive: 'Not active',
      given: 'Given',
      withdrawn: 'Withdrawn',
    },
  },
}

/** Returns the page as HTML. @param timeZone of the business */
export function accessPage(document: AccessDocument, language: PageLanguage, timeZone: string): string {
  const texts = TEXTS[language]
  const clock = new Intl.DateTimeFormat(language === 'th' ? 'th-TH' : 'en-GB', {
    ...{ timeZone, dateStyle: 'medium', timeStyle: 'short' },
  })
  const day = new Intl.DateTimeFormat(language === 'th' ? 'th-TH' : 'en-GB', { timeZone: 'UTC', dateStyle: 'medium' })
  const time = (value: unknown) => clock.format(new Date(value as string))
  const shown = (value: unknown) => (typeof value === 'boolean' ? (value ? texts.yes : texts.no) : String(value ?? '–'))
  const valueText = (kind: string, value: unknown) => {
    if (value && kind === 'time') return time(value)
    return value && kind === 'date' ? day.format(new Date(value as string)) : shown(value)
  }
  const named = (fields: Fields, values: Record<string, unknown>) =>
    Object.entries(fields)
      .filter(([name]) => name in values)
      .map(([name, { kind, [language]: label }]) => [label, valueText(kind, values[name])])
  const { business, customer, membership_tier, consents, sales, events, disclosures, unknown_spans } = document
  // What the person understands, instead of an id, a flag and a number.
  const readable = {
    membership_tier_id: membership_tier,
    is_active: customer?.is_active ? texts.active : texts.inactive,
    total_spent: `${shown(customer?.total_spent)} ${business.currency}`,
  }
  return printPage(language, texts.title, [
    paragraph(texts.about(business.name, time(document.made_at))),
    heading(texts.held),
    customer ? table([], named(Customer.fields, { ...customer, ...readable })) : paragraph(texts.gone),
    heading(texts.disclosures),
    groupTable(
      language,
      summedUp(disclosures, (one) => [one.application, one.class, one.purpose, one.channel]).map(
        ({ newest, oldest, count }) => ({
          ...newest,
          times: count,
          first: new Date(oldest.at),
          last: new Date(newest.at),
        }),
      ),
      time,
    ),
    ...unknownParagraphs(language, unknown_spans, time),
    heading(texts.consents),
    table(
      [texts.at, texts.purpose, texts.channel, texts.status, texts.source],
      consents.map(({ occurred_at, purpose, channel, status, source }) => [
        ...[time(occurred_at), shown(purpose), channel === null ? texts.all : shown(channel)],
        ...[status === 'GIVEN' ? texts.given : texts.withdrawn, shown(source)],
      ]),
      texts.none,
    ),
    heading(texts.sales),
    table(
      [texts.at, texts.order, texts.items, texts.total],
      sales.map(({ created_at, order_number, items, total_amount }) => [
        ...[time(created_at), shown(order_number)],
        (items as { product_name: string; quantity: string }[])
          .map((item) => `${item.quantity} × ${item.product_name}`)
          .join(', '),
        `${shown(total_amount)} ${business.currency}`,
      ]),
      texts.none,
    ),
    heading(texts.events),
    table(
      [texts.at, texts.type],
      events.map(({ type, occurred_at }) => [time(occurred_at), type]),
      texts.none,
    ),
  ])
}
