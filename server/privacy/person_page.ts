import type { Channel, DisclosureClass } from '../contract/disclosure.ts'
import type { Runner } from '../db/database.ts'
import { groupedDisclosures, searchLedger } from '../ledger/entries.ts'
import { type UnknownSpan, unknownSpans } from '../ledger/restored/restores.ts'
import { distinctNames } from '../oauth/application_names.ts'
import { type DisclosureGroup, groupTable, timeTable, unknownParagraphs } from './disclosure_table.ts'
import { type LinkedPerson, linkedPerson } from './person_links.ts'
import { heading, languageSwitch, PAGE_POLICY, type PageLanguage, paragraph, printPage } from './print_page.ts'

// The page that the link of a person opens: who has received their data, when, which class and why. It has no field of the
// customer, and nothing of anybody else.

/** Rows of the two tables, newest first. */
const GROUPS_MAX = 200
const TIMES_MAX = 100

const TEXTS = {
  th: {
    title: 'ใครได้รับข้อมูลของคุณ',
    about: (business: string, at: string) => `${business} เปิดเผยข้อมูลส่วนบุคคลของคุณให้แก่ผู้รับต่อไปนี้ ข้อมูล ณ ${at}`,
    until: (at: string) => `ลิงก์นี้ใช้ได้ถึง ${at} ผู้ที่มีลิงก์เปิดหน้านี้ได้ จึงไม่ควรส่งต่อ หน้านี้ไม่แสดงชื่อหรือข้อมูลติดต่อของคุณ`,
    ...{ recipients: 'สรุปตามผู้รับ', times: `แต่ละครั้ง (ล่าสุดไม่เกิน ${TIMES_MAX} ครั้ง)` },
    rights:
      'ร้านเก็บบันทึกนี้ 2 ปี คุณมีสิทธิขอดูข้อมูลที่ร้านเก็บ ขอแก้ไข คัดค้าน หรือขอให้ลบ ตาม พ.ร.บ. คุ้มครองข้อมูลส่วนบุคคล พ.ศ. 2562 โดยติดต่อร้าน',
  },
  en: {
    title: 'Who has received your data',
    about: (business: string, at: string) =>
      `${business} has disclosed your personal data to the following recipients. As of ${at}.`,
    until: (at: string) =>
      `This link is valid until ${at}. Whoever has it can open this page, so do not pass it on. The page does not show your name or contact data.`,
    ...{ recipients: 'Summary by recipient', times: `Each time (the latest ${TIMES_MAX} at most)` },
    rights:
      'The shop keeps this record for two years. You may ask the shop for the data that it holds, for its correction or erasure, or object (Personal Data Protection Act).',
  },
}

/** What the server shows at the link of a person. */
export const personPages = (db: Runner, clock: () => Date) => ({
  page: (token: string, language: PageLanguage | null) => personPage(db, token, language, clock()),
  errorPage: personErrorPage,
  policy: PAGE_POLICY,
})

/** Returns the page of a token; null if the link does not work, for whatever reason. */
async function personPage(db: Runner, token: string, language: PageLanguage | null, now: Date): Promise<string | null> {
  const person = await linkedPerson(db, token, now)
  return person && renderPage(person, await disclosuresTo(db, person, now), language ?? person.language, now)
}

type PersonDisclosures = {
  groups: DisclosureGroup[]
  times: (Omit<DisclosureGroup, 'times' | 'first' | 'last'> & { at: Date })[]
  unknown: UnknownSpan[]
}

async function disclosuresTo(
  db: Runner,
  { businessId, customerId }: LinkedPerson,
  now: Date,
): Promise<PersonDisclosures> {
  const groups = await groupedDisclosures(db, businessId, customerId, GROUPS_MAX)
  const entries = await searchLedger(db, businessId, { customerId, limit: TIMES_MAX })
  const nameOf = await distinctNames(
    db,
    [...groups, ...entries].flatMap(({ applicationId }) => applicationId ?? []),
  )
  const named = (one: ReceivedBy) => ({
    ...{ channel: one.channel, class: one.class, purpose: one.purpose },
    application: one.applicationId === null ? null : (nameOf.get(one.applicationId)?.distinctName ?? one.applicationId),
  })
  return {
    groups: groups.map((group) => ({ ...named(group), times: group.times, first: group.first, last: group.last })),
    times: entries.map((entry) => ({ ...named(entry), at: new Date(entry.at) })),
    unknown: await unknownSpans(db, businessId, now),
  }
}

type ReceivedBy = { applicationId: string | null; channel: Channel; class: DisclosureClass; purpose: string | null }

function renderPage(
  { business, timeZone, expiresAt }: LinkedPerson,
  { groups, times, unknown }: PersonDisclosures,
  language: PageLanguage,
  now: Date,
): string {
  const texts = TEXTS[language]
  const clock = new Intl.DateTimeFormat(language === 'th' ? 'th-TH' : 'en-GB', {
    ...{ timeZone, dateStyle: 'medium', timeStyle: 'short' },
  })
  const timeText = (at: Date) => clock.format(at)
  return printPage(language, texts.title, [
    languageSwitch(language),
    paragraph(texts.about(business, timeText(now))),
    paragraph(texts.until(timeText(expiresAt))),
    heading(texts.recipients),
    groupTable(language, groups, timeText),
    heading(texts.times),
    timeTable(language, times, timeText),
    ...unknownParagraphs(language, unknown, timeText),
    paragraph(texts.rights),
  ])
}

/** Returns the page for a request that cannot be answered, in both languages. It says nothing about the link. */
function personErrorPage(status: number): string {
  const [th, en] = ERRORS[status as keyof typeof ERRORS] ?? ERRORS[503]
  return printPage('th', 'เปิดหน้านี้ไม่ได้', [paragraph(th), paragraph(en, 'en')])
}

const ERRORS = {
  404: [
    'ลิงก์นี้ใช้ไม่ได้: อาจหมดอายุ ถูกยกเลิก หรือพิมพ์ไม่ครบ โปรดขอลิงก์ใหม่จากร้าน',
    'This link does not work: it has expired, was revoked, or is not complete. Ask the shop for a new one.',
  ],
  429: ['มีคำขอมากเกินไป โปรดรอสักครู่แล้วลองใหม่', 'Too many requests: wait a moment, then try again.'],
  503: ['ขณะนี้เปิดหน้านี้ไม่ได้ โปรดลองใหม่ภายหลัง', 'This page is not available now: try again later.'],
} as const
