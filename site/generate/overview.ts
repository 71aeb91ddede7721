import { PARTNER_PROBLEMS, type PartnerProblemCode } from '../../server/contract/problem.ts'
import { SCOPES, type Scope } from '../../server/scopes.ts'
import type { Contract, Lang } from './contract.ts'
import type { PageLink, ReferencePage } from './reference.ts'
import { addressOf, SHELVES, shelfOf, titleOf } from './shelves.ts'
import { TEXTS } from './words.ts'

// Reference pages about all operations, generated from the tables that the server itself uses.

/** Returns a page about all operations. */
export type Overview = (contract: Contract, lang: Lang, link: PageLink) => ReferencePage

export const inLanguage = (lang: Lang, th: string, en: string): string => ({ th, en })[lang]

export const wrapped = (kind: string, lines: string[]): string =>
  [`<div class="table ${kind}">`, '', ...lines, '', '</div>'].join('\n')

export const scopesPage: Overview = ({ operations }, lang, link) => {
  const known = Object.keys(SCOPES).filter((scope) => scope.startsWith('read:')) as Scope[]
  const sections = known.flatMap((scope) => {
    const opened = operations.filter((operation) => operation.scope === scope)
    const adds = operations.filter(({ answer }) =>
      Object.values(answer?.schema.properties ?? {}).some((field) => field['x-required-scope'] === scope),
    )
    const lines = (opened.length > 0 ? opened : adds).map(
      (operation) => `- [\`${operation.method} ${operation.path}\`](${link(addressOf(operation))})`,
    )
    const more = opened.length > 0 ? [] : [inLanguage(lang, 'เพิ่มฟิลด์ใน:', 'Adds fields to:')]
    return [
      `## ${scope}`,
      `${SCOPES[scope][lang]}${lang === 'en' ? '.' : ''}`,
      ...(lines.length > 0 ? [...more, lines.join('\n')] : []),
    ]
  })
  const free = operations.filter(({ auth, scope }) => auth === 'token' && !scope)
  return {
    title: 'Scopes',
    description: inLanguage(
      lang,
      'Scope ทั้งหมด และข้อมูลที่อ่านได้ด้วยแต่ละ Scope',
      'All scopes and the data that each one grants',
    ),
    body: [
      inLanguage(
        lang,
        'เจ้าของร้านเลือก Scope เมื่อสร้างแอปของคุณ และเปลี่ยนได้ภายหลัง สิทธิ์ที่ **เพิ่ม** มีผลกับ Token ถัดไป ส่วนสิทธิ์ที่ **ถอน** มีผลกับ Token ที่ใช้อยู่ภายใน 2 วินาที ถ้า Token ไม่มี Scope ที่ต้องใช้ จะได้ [`403 insufficient_scope`](LINK) ซึ่งบอกชื่อ Scope ใน `required_scope`',
        'The owner of the shop chooses the scopes of your application when creating it, and can change them later. A **granted** scope or branch takes effect with the next token. A **withdrawn** one stops working within 2 seconds, also for tokens in use. If a token lacks a scope, the response is [`403 insufficient_scope`](LINK), and `required_scope` names the scope.',
      ).replace('LINK', link('errors#insufficient_scope')),
      ...sections,
      inLanguage(lang, '## ไม่ต้องมี Scope', '## No scope required'),
      free
        .map((operation) => `- [\`${operation.method} ${operation.path}\`](${link(addressOf(operation))})`)
        .join('\n'),
    ].join('\n\n'),
  }
}

/** Examples of the additional fields of an error, next to `error` and `message`. */
const EXTRAS: Partial<Record<PartnerProblemCode, object>> = {
  invalid_request: { details: [{ field: 'limit', message: 'must be a whole number from 1 to 200' }] },
  insufficient_scope: { required_scope: 'read:customers' },
  rate_limit_exceeded: { retry_after: 1 },
}

export const errorsPage: Overview = (_, lang) => {
  const texts = TEXTS[lang].errors
  const codes = Object.keys(PARTNER_PROBLEMS) as PartnerProblemCode[]
  const rows = codes.map(
    (code) => `| ${PARTNER_PROBLEMS[code].status} | [\`${code}\`](#${code}) | ${texts[code].when} |`,
  )
  const sections = codes.flatMap((code) => [
    `## ${code}`,
    `**HTTP ${PARTNER_PROBLEMS[code].status}** — ${texts[code].when}`,
    `${inLanguage(lang, '**วิธีแก้:**', '**How to fix:**')} ${texts[code].doThis}`,
    `\`\`\`json\n${JSON.stringify({ error: code, message: PARTNER_PROBLEMS[code].message, ...EXTRAS[code] }, null, 2)}\n\`\`\``,
  ])
  return {
    title: 'Errors',
    description: inLanguage(lang, 'ข้อผิดพลาดทั้งหมด สาเหตุ และวิธีแก้', 'All errors, their causes and how to fix them'),
    body: [
      inLanguage(
        lang,
        'ข้อผิดพลาดทุกแบบเป็น JSON object ชั้นเดียว: `error` คือรหัสคงที่สำหรับโปรแกรม ส่วน `message` คือข้อความภาษาอังกฤษสำหรับคนอ่าน ซึ่งอาจเปลี่ยนได้ ทุก Response มี Header `X-Request-Id` ให้แจ้งค่านี้เมื่อขอความช่วยเหลือ Endpoint ที่เกี่ยวกับ Token มี `error_description` เพิ่ม (เหมือน `message`) ตามมาตรฐาน OAuth',
        'Every error is a flat JSON object. `error` is a fixed code for programs; `message` is a text for people and may change. Every response has the header `X-Request-Id`: quote it when you ask for help. The token endpoints add `error_description` (equal to `message`), as OAuth requires.',
      ),
      inLanguage(
        lang,
        'ลำดับการตรวจ: URL ผิดรูปแบบ `400`, Path `404`, Method `405`, Token `401`, Rate limit `429`, Scope `403`, Parameter `400` แล้วจึงเป็นสาขา `403` หรือข้อมูลที่ไม่มี `404`',
        'The server checks in this order: malformed URL `400`, path `404`, method `405`, token `401`, rate limit `429`, scope `403`, parameters `400`, then branch `403` or missing record `404`.',
      ),
      wrapped('errors', [`| HTTP | error | ${inLanguage(lang, 'เมื่อใด', 'When')} |`, '|---|---|---|', ...rows]),
      ...sections,
    ].join('\n\n'),
  }
}

/** All endpoints by their group, with the required scope. */
export const endpointsPage: Overview = ({ operations }, lang, link) => ({
  title: 'API Reference',
  description: inLanguage(lang, 'Endpoint ทั้งหมดของ Partner API', 'All endpoints of the Partner API'),
  body: [
    inLanguage(
      lang,
      'ทุกหน้ามี Parameter, ฟิลด์, ข้อผิดพลาด, ตัวอย่างโค้ดใน 4 ภาษา และ **Try it** ที่เรียก API จริงจากหน้านั้น',
      'Every page has the parameters, fields and errors, samples in four languages, and **Try it**, which calls the real API.',
    ),
    ...SHELVES.filter(({ tags }) => tags.length > 0).flatMap((shelf) => [
      `## ${shelf.label[lang]}`,
      wrapped('endpoints', [
        '| Page | Endpoint | Scope |',
        '|---|---|---|',
        ...operations
          .filter((operation) => shelfOf(operation) === shelf)
          .map(
            (operation) =>
              `| [${titleOf(operation)}](${link(addressOf(operation))}) | \`${operation.method} ${operation.path}\` | ${operation.scope ? `\`${operation.scope}\`` : '—'} |`,
          ),
      ]),
    ]),
  ].join('\n\n'),
})
