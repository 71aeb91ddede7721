import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import {
  EVENT_RESOURCES,
  EVENT_TYPES,
  EVENTS,
  type EventType,
  meaningOf,
  resourceOf,
} from '../../server/events/event_types.ts'
import { type Payload, type Payloads, withItems } from '../payloads.ts'
import type { Lang } from './contract.ts'
import { inLanguage, type Overview, wrapped } from './overview.ts'
import type { PageLink } from './reference.ts'

// The catalogue of event types: when each is sent, what usually follows, and a body that a webhook of the demo has received.

const FOLDER = join(import.meta.dirname, '..', 'payloads')

/** Returns the recorded payloads by their names. */
export const recordedPayloads = (): Payloads =>
  Object.fromEntries(
    readdirSync(FOLDER).map((file) => [
      basename(file, '.json'),
      JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Payload,
    ]),
  )

export const eventTypesPage: Overview = (_, lang, link) => {
  const payloads = recordedPayloads()
  const sections = EVENT_RESOURCES.flatMap((resource) => {
    const { scope, ...about } = EVENTS[resource]
    const types = EVENT_TYPES.filter((type) => resourceOf(type) === resource)
    const rows = types.map((type) => `| [\`${type}\`](#${type}) | ${meaningOf(type)[lang]} |`)
    return [
      `## ${about[lang]}`,
      `${inLanguage(lang, 'ต้องมี Scope', 'Requires the scope')} [\`${scope}\`](${link(`scopes#${scope.replace(':', '')}`)})`,
      wrapped('events', [
        `| ${inLanguage(lang, 'ชนิด', 'Type')} | ${inLanguage(lang, 'เมื่อใด', 'When')} |`,
        '|---|---|',
        ...rows,
      ]),
      ...types.flatMap((type, at) => section(type, payloads, lang, at === 0)),
    ]
  })
  return {
    title: 'Event Types',
    description: inLanguage(
      lang,
      'ชนิดของ Event ทั้งหมด เกิดขึ้นเมื่อใด และ Payload จริงของแต่ละชนิด',
      'All event types, when they occur, and a real payload of each',
    ),
    body: [
      ...introduction(lang, link),
      ...sections,
      '## ping',
      inLanguage(
        lang,
        'ส่งเมื่อสั่งเท่านั้น เพื่อทดสอบว่า Endpoint ของคุณรับ Event และตรวจลายเซ็นได้ ไม่อยู่ใน Event log จึงมี `sequence` และ `position` เป็น `null`',
        'Sent only on request, to test that your endpoint receives and verifies events. It is not in the event log, so its `sequence` and `position` are `null`.',
      ),
      inLanguage(
        lang,
        `ส่งด้วย [Send a Ping](${link('webhooks/ping-webhook')})`,
        `Send it with [Send a Ping](${link('webhooks/ping-webhook')}).`,
      ),
      ...payload('Payload', payloads.ping as Payload, true),
    ].join('\n\n'),
  }
}

function introduction(lang: Lang, link: PageLink): string[] {
  const events = link('webhooks/list-events')
  return [
    inLanguage(
      lang,
      `การเปลี่ยนแปลงหนึ่งครั้งเป็น Event เดียว โดยใช้ชนิดที่เจาะจงที่สุด: created, deleted, voided, refunded หรือ received ถ้าไม่ใช่จึงเป็น updated คุณเห็นเฉพาะชนิดที่ Scope ของ Token อนุญาต และเฉพาะสาขาของ Token คุณอ่าน Event เดียวกันได้จาก [List Events](${events}) หรือรับทาง [Webhook](${link('verifying-webhooks')}) Talad อาจเพิ่มชนิดใหม่ได้ทุกเมื่อ ให้โปรแกรมของคุณข้ามชนิดที่ไม่รู้จัก`,
      `One change creates one event of the most specific type: created, deleted, voided, refunded or received; otherwise updated. You see the types that the scopes of your token allow, for its branches. You can read the same events with [List Events](${events}) or receive them as [webhooks](${link('verifying-webhooks')}). We can add types at any time: ignore types that your program does not know.`,
    ),
    inLanguage(
      lang,
      `ทดลองทุกชนิดได้บน Demo: กดปุ่มใต้ชนิดของ Event หรือใช้คำสั่ง \`node server/talad.js trigger <type>\` ในโฟลเดอร์ของ Talad ทั้งสองวิธีส่งข้อมูลจริงทาง Ingest API เหมือนเครื่อง POS ดู[วิธีใช้คำสั่ง](${link('verifying-webhooks#ทำให้เกิด-event-บน-demo')})`,
      `You can cause every type on the demo: use the button below a type, or the command \`node server/talad.js trigger <type>\` in the Talad folder. Both send a real record to the Ingest API, as a till does. See [how to use the command](${link('verifying-webhooks#cause-events-on-the-demo')}).`,
    ),
    inLanguage(
      lang,
      `Payload ในหน้านี้คือ Body ที่ Webhook ของร้าน Demo ได้รับจริง \`data\` คือข้อมูลทั้งหมด ณ เวลาที่ส่ง ไม่ใช่เฉพาะส่วนที่เปลี่ยน ตัวอย่าง Event ของลูกค้าในหน้านี้ไม่มี[ข้อมูลติดต่อ](${link('personal-data')}) เพราะ Webhook ตั้ง \`include_pii: false\` ส่วนบิลขายและใบสั่งซื้อมี[รายการ](${link('verifying-webhooks')})เฉพาะเมื่อ Webhook มี \`include: ["items"]\``,
      `The payloads on this page are bodies that a webhook of the demo shop received. \`data\` is the whole record at the time of sending, not only what changed. Customer events have no [contact data](${link('personal-data')}) here, because the webhook has \`include_pii: false\`. Sales and purchase orders contain their [items](${link('verifying-webhooks')}) only if the webhook has \`include: ["items"]\`.`,
    ),
  ]
}

/** Returns the section of one type. @param isOpen whether its payload is visible at once */
function section(type: EventType, payloads: Payloads, lang: Lang, isOpen: boolean): string[] {
  const items = payloads[withItems(type)]
  return [
    // The identifier is the address of the section; a heading loses the dot.
    `<div id="${type}"></div>`,
    `### ${type}`,
    `${meaningOf(type)[lang]}${lang === 'en' ? '.' : ''}`,
    `**${inLanguage(lang, 'Event ที่มักตามมา:', 'What usually follows:')}** ${FOLLOWS[type][lang]}`,
    inLanguage(lang, 'ทำให้เกิด Event นี้บน Demo:', 'Cause this event on the demo:'),
    `\`\`\`bash part\nnode server/talad.js trigger ${type}\n\`\`\``,
    `<talad-event data-type="${type}"></talad-event>`,
    ...payload('Payload', payloads[type] as Payload, isOpen),
    ...(items
      ? payload(
          inLanguage(lang, 'Payload เมื่อ Webhook มี include: ["items"]', 'Payload with include: ["items"]'),
          items,
          false,
        )
      : []),
  ]
}

/** Short payloads are visible at once, because nothing is saved by hiding them. */
const SHORT_LINES = 16

function payload(name: string, body: Payload, isOpen: boolean): string[] {
  const text = JSON.stringify(body, null, 2)
  const open = isOpen || text.split('\n').length <= SHORT_LINES ? ' open' : ''
  return [`<details class="payload"${open}>`, `<summary>${name}</summary>`, `\`\`\`json\n${text}\n\`\`\``, '</details>']
}

const NOTHING = { th: 'ไม่มี', en: 'Nothing.' }

/** What usually follows an event. */
const FOLLOWS: Record<EventType, { th: string; en: string }> = {
  'sale.created': {
    th: '`stock_movement.created` และ `inventory.changed` ถ้าร้านติดตามสต็อกของสินค้า ภายหลังอาจมี `sale.updated`, `sale.refunded` หรือ `sale.voided`',
    en: '`stock_movement.created` and `inventory.changed`, if the shop tracks the stock of the products. Later possibly `sale.updated`, `sale.refunded` or `sale.voided`.',
  },
  'sale.updated': {
    th: 'ไม่มี Event ที่แน่นอน บิลที่ยังเปิดอยู่อาจแก้ไขได้หลายครั้งก่อนชำระเงิน',
    en: 'Nothing in particular. An open sale can change several times before it is paid.',
  },
  'sale.refunded': {
    th: '`sale.refunded` อีกครั้งถ้าคืนเงินทีละส่วน และ `stock_movement.created` ถ้าสินค้ากลับเข้าสต็อก',
    en: 'Another `sale.refunded` after a partial refund, and `stock_movement.created` if the goods return to stock.',
  },
  'sale.voided': {
    th: '`stock_movement.created` และ `inventory.changed` ถ้าสินค้ากลับเข้าสต็อก',
    en: '`stock_movement.created` and `inventory.changed`, if the goods return to stock.',
  },
  'sale.deleted': NOTHING,
  'customer.created': {
    th: '`customer.updated` เมื่อคะแนน ยอดซื้อ หรือ Profile เปลี่ยน',
    en: '`customer.updated` when points, totals or the profile change.',
  },
  'customer.updated': {
    th: '`customer.updated` อีกครั้งหลังการซื้อแต่ละครั้ง ถ้า POS ส่งคะแนนและยอดซื้อ',
    en: 'Another `customer.updated` after each purchase, if the POS sends points and totals.',
  },
  'customer.deleted': {
    th: 'ไม่มี ให้ลบข้อมูลของลูกค้าในระบบของคุณด้วย บิลขายยังคงมี `customer_id`',
    en: 'Nothing. Delete the customer in your system too. Sales keep the `customer_id`.',
  },
  'consent.changed': {
    th: '`consent.changed` อีกครั้งเมื่อลูกค้าถอนหรือให้ความยินยอมใหม่ ให้หยุดใช้ข้อมูลตามวัตถุประสงค์ที่ถูกถอนทันที',
    en: 'Another `consent.changed` when the customer withdraws the consent or gives it again. Stop using the data for a withdrawn purpose at once.',
  },
  'product.created': {
    th: '`inventory.changed` เมื่อสินค้าเข้าสต็อกครั้งแรก',
    en: '`inventory.changed` when the first stock arrives.',
  },
  'product.updated': {
    th: 'ไม่มี ชื่อใหม่ปรากฏในสต็อกทันที ส่วนรายการในบิลเดิมใช้ชื่อ ณ เวลาที่ขาย',
    en: 'Nothing. Stock shows the new name at once. Items of earlier sales keep the name at the time of sale.',
  },
  'product.deleted': NOTHING,
  'branch_price.changed': {
    th: 'ไม่มี เมื่อลบราคาของสาขาแล้ว สาขาขายตาม `price` ของ SKU',
    en: 'Nothing. After the price of a branch is deleted, the branch sells at the `price` of the SKU.',
  },
  'inventory.changed': {
    th: '`inventory.out_of_stock` ถ้าสินค้าหมด',
    en: '`inventory.out_of_stock`, if nothing is left.',
  },
  'inventory.out_of_stock': {
    th: '`purchase_order.created` หรือ `inventory.changed` เมื่อสินค้าเข้ามาใหม่',
    en: '`purchase_order.created`, or `inventory.changed` when goods arrive.',
  },
  'stock_movement.created': {
    th: '`inventory.changed` ของ SKU และคลังเดียวกัน ซึ่งมาจากการเปลี่ยนแปลงเดียวกัน',
    en: '`inventory.changed` of the same SKU and warehouse, which belongs to the same change.',
  },
  'purchase_order.created': {
    th: '`purchase_order.updated` เมื่อสถานะเปลี่ยน และ `purchase_order.received` เมื่อรับสินค้า',
    en: '`purchase_order.updated` when the status changes, and `purchase_order.received` when goods arrive.',
  },
  'purchase_order.updated': {
    th: '`purchase_order.received` เมื่อรับสินค้า',
    en: '`purchase_order.received` when goods arrive.',
  },
  'purchase_order.received': {
    th: '`stock_movement.created` และ `inventory.changed` ของสินค้าที่รับ และ `purchase_order.received` อีกครั้งถ้ายังรับไม่ครบ',
    en: '`stock_movement.created` and `inventory.changed` of the goods, and another `purchase_order.received` if some are missing.',
  },
  'purchase_order.deleted': NOTHING,
  'supplier.created': {
    th: '`purchase_order.created` เมื่อร้านสั่งซื้อครั้งแรก',
    en: '`purchase_order.created` with the first order.',
  },
  'supplier.updated': {
    th: 'ไม่มี ใบสั่งซื้อแสดงชื่อใหม่ทันที',
    en: 'Nothing. Purchase orders show the new name at once.',
  },
  'supplier.deleted': NOTHING,
}
