import { PROBLEMS, type ProblemCode } from '../../server/http/problem.ts'
import { SCOPES, type Scope } from '../../server/scopes.ts'
import type { Contract, Lang, Words } from './contract.ts'
import type { Link, Page } from './reference.ts'
import { addressOf } from './shelves.ts'
import { TEXTS } from './words.ts'

// Reference pages that are about all operations: made of the same tables as the server's own behaviour.

type Overview = (contract: Contract, lang: Lang, link: Link) => Page

const say = (lang: Lang, th: string, en: string): string => ({ th, en })[lang]

const wrapped = (kind: string, lines: string[]): string =>
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
    const more = opened.length > 0 ? [] : [say(lang, 'เพิ่มฟิลด์ใน:', 'Adds fields to:')]
    return [
      `## ${scope}`,
      `${SCOPES[scope][lang]}${lang === 'en' ? '.' : ''}`,
      ...(lines.length > 0 ? [...more, lines.join('\n')] : []),
    ]
  })
  const free = operations.filter(({ auth, scope }) => auth === 'token' && !scope)
  return {
    title: 'Scopes',
    description: say(lang, 'Scope ทั้งหมด และสิ่งที่แต่ละ Scope เปิดให้อ่าน', 'Every scope, and what it opens'),
    body: [
      say(
        lang,
        'เจ้าของร้านเลือก Scope ให้แอปของคุณตอนสร้าง Scope หรือสาขาที่ **เพิ่ม** จะมีผลกับ Token ถัดไป ส่วนที่ **ถอน** จะหายไปจาก Token ที่ใช้อยู่ภายใน 2 วินาที Token ที่ขาด Scope ได้ [`403 insufficient_scope`](LINK) ซึ่งบอกชื่อ Scope ที่ขาดใน `required_scope`',
        'The owner of the shop chooses the scopes of your application when it is made. A scope or branch that is **granted** reaches you with the next token; one that is **withdrawn** is gone from tokens in use within 2 seconds. A token that lacks a scope is answered [`403 insufficient_scope`](LINK), and `required_scope` names it.',
      ).replace('LINK', link('errors#insufficient_scope')),
      ...sections,
      say(lang, '## ไม่ต้องมี Scope เฉพาะ', '## No scope in particular'),
      free
        .map((operation) => `- [\`${operation.method} ${operation.path}\`](${link(addressOf(operation))})`)
        .join('\n'),
    ].join('\n\n'),
  }
}

/** What an error carries beside its word and sentence. */
const EXTRAS: Partial<Record<ProblemCode, object>> = {
  invalid_request: { details: [{ field: 'limit', message: 'must be a whole number from 1 to 200' }] },
  insufficient_scope: { required_scope: 'read:customers' },
  rate_limit_exceeded: { retry_after: 1 },
}

export const errorsPage: Overview = (_, lang) => {
  const texts = TEXTS[lang].errors
  const codes = Object.keys(PROBLEMS) as ProblemCode[]
  const rows = codes.map((code) => `| ${PROBLEMS[code].status} | [\`${code}\`](#${code}) | ${texts[code]?.when} |`)
  const sections = codes.flatMap((code) => [
    `## ${code}`,
    `**HTTP ${PROBLEMS[code].status}** — ${texts[code]?.when}`,
    `${say(lang, '**สิ่งที่ควรทำ:**', '**What to do:**')} ${texts[code]?.doThis}`,
    `\`\`\`json\n${JSON.stringify({ error: code, message: PROBLEMS[code].message, ...EXTRAS[code] }, null, 2)}\n\`\`\``,
  ])
  return {
    title: 'Errors',
    description: say(lang, 'ข้อผิดพลาดทุกแบบ ความหมาย และสิ่งที่ควรทำ', 'Every error, what it means, and what to do'),
    body: [
      say(
        lang,
        'ข้อผิดพลาดทุกแบบเป็น JSON object ชั้นเดียว: `error` คือรหัสคงที่สำหรับโปรแกรม ส่วน `message` เป็นข้อความสำหรับคนอ่าน (ภาษาอังกฤษ) ซึ่งอาจเปลี่ยนได้ ทุกคำตอบมี Header `X-Request-Id` ใช้แจ้งเมื่อขอความช่วยเหลือ Endpoint ที่เกี่ยวกับ Token มี `error_description` เพิ่ม (เหมือน `message`) ตามมาตรฐาน OAuth',
        'Every error is one flat JSON object: `error` is a fixed word for programs, `message` a sentence for people that may change. Every answer has the header `X-Request-Id`: quote it when you ask for help. The token endpoints add `error_description` (equal to `message`), as OAuth wants it.',
      ),
      say(
        lang,
        'ลำดับการตรวจ: URL ผิดรูป `400`, Path `404`, Method `405`, Token `401`, Rate limit `429`, Scope `403`, Parameter `400` แล้วจึงเป็นสาขา `403` หรือข้อมูลที่ไม่มี `404`',
        'They are checked in this order: malformed URL `400`, path `404`, method `405`, token `401`, rate limit `429`, scope `403`, parameters `400`, and then branch `403` or missing row `404`.',
      ),
      wrapped('errors', [`| HTTP | error | ${say(lang, 'เมื่อใด', 'When')} |`, '|---|---|---|', ...rows]),
      ...sections,
    ].join('\n\n'),
  }
}

/** What happened, by the last word of a type, and where the last word is not enough. */
const HAPPENED: Record<string, Words> = {
  created: { th: 'มีรายการใหม่', en: 'It is new' },
  updated: { th: 'มีการแก้ไข', en: 'It was changed' },
  deleted: { th: 'ถูกลบแล้ว `data` มีเพียง `id`', en: 'It was deleted; `data` has nothing but its `id`' },
  refunded: { th: 'มีการคืนเงินเพิ่ม (`refunded_amount` เพิ่มขึ้น)', en: 'More was refunded (`refunded_amount` rose)' },
  voided: { th: 'บิลถูกยกเลิก', en: 'The sale was voided' },
  received: { th: 'รับของเพิ่ม (`quantity_received` เพิ่มขึ้น)', en: 'More was received (a `quantity_received` rose)' },
  changed: { th: 'จำนวนคงเหลือหรือข้อมูลของสต็อกเปลี่ยน', en: 'A stock level has changed' },
  out_of_stock: {
    th: 'จำนวนที่ขายได้ลดจากมากกว่า 0 เหลือ 0 หรือน้อยกว่า ส่งต่อจาก `inventory.changed`',
    en: 'What is available fell from above 0 to 0 or below; follows `inventory.changed`',
  },
}

const SCOPE_OF: Record<string, { scope: Scope; about: Words }> = {
  sale: { scope: 'read:sales', about: { th: 'บิลขาย', en: 'Sales' } },
  customer: { scope: 'read:customers', about: { th: 'ลูกค้า', en: 'Customers' } },
  product: { scope: 'read:products', about: { th: 'สินค้า', en: 'Products' } },
  inventory: { scope: 'read:inventory', about: { th: 'สต็อก', en: 'Stock' } },
  purchase_order: { scope: 'read:purchasing', about: { th: 'ใบสั่งซื้อ', en: 'Purchase orders' } },
  supplier: { scope: 'read:purchasing', about: { th: 'ผู้ขาย', en: 'Suppliers' } },
}

export const eventTypesPage: Overview = ({ operations }, lang, link) => {
  const choices = operations.flatMap(
    ({ query }) => query.find(({ name }) => name === 'event_type')?.schema.items?.enum ?? [],
  )
  const types = [...new Set(choices as string[])]
  const sections = [...Map.groupBy(types, (type) => type.split('.')[0] as string)].flatMap(([resource, own]) => {
    const { scope, about } = SCOPE_OF[resource] ?? {}
    if (!scope || !about) throw new Error(`say in site/generate/overview.ts which scope reads events of ${resource}`)
    const rows = own.map((type) => {
      const happened = HAPPENED[type.split('.')[1] as string]
      if (!happened) throw new Error(`say in site/generate/overview.ts what ${type} means`)
      return `| <a class="anchored" id="${type}" href="#${type}"><code>${type}</code></a> | ${happened[lang]} |`
    })
    return [
      `## ${about[lang]}`,
      `${say(lang, 'ต้องมี Scope', 'Needs the scope')} [\`${scope}\`](${link(`scopes#${scope.replace(':', '')}`)})`,
      wrapped('events', [`| ${say(lang, 'ชนิด', 'Type')} | ${say(lang, 'เมื่อใด', 'When')} |`, '|---|---|', ...rows]),
    ]
  })
  return {
    title: 'Event Types',
    description: say(lang, 'ชนิดของ Event ทั้งหมด และเวลาที่เกิด', 'Every type of event, and when it happens'),
    body: [
      say(
        lang,
        'การเปลี่ยนแปลงหนึ่งครั้งเป็น Event เดียว โดยใช้ชนิดที่เจาะจงที่สุด: created, deleted, voided, refunded, received หากไม่ใช่ทั้งหมดนี้จึงเป็น updated คุณเห็นเฉพาะชนิดที่ Scope ของ Token อนุญาต และเฉพาะสาขาของ Token ชุดข้อมูลเดียวกันนี้อ่านได้จาก [List Events](EVENTS) และส่งถึงคุณทาง [Webhook](HOOKS)',
        'One change is one event, of the most specific type: created, deleted, voided, refunded, received, and updated if it is none of these. You see the types that the scopes of your token allow, within its branches. The same events are read with [List Events](EVENTS) and sent to you as [webhooks](HOOKS).',
      )
        .replace('EVENTS', link('webhooks/list-events'))
        .replace('HOOKS', link('verifying-webhooks')),
      ...sections,
      '## ping',
      say(
        lang,
        'ส่งเมื่อสั่งเท่านั้น เพื่อทดสอบว่าปลายทางรับและตรวจลายเซ็นได้ ไม่อยู่ใน Event log จึงมี `sequence` และ `position` เป็น `null`',
        'Only sent on request, to try whether an endpoint takes events and verifies them. It is not in the event log, so its `sequence` and `position` are `null`.',
      ),
    ].join('\n\n'),
  }
}
