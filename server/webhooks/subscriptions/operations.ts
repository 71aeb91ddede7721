import { randomUUID } from 'node:crypto'
import type { ApplicationRights } from '../../contract/caller.ts'
import {
  Checked,
  ChoiceMember,
  ChoicesMember,
  FlagMember,
  JsonBody,
  NO_BODY,
  NullableMember,
  RequiredMember,
  TextMember,
} from '../../contract/members.ts'
import { Data, Empty, One, type Operation, operation, Page, PageQuery, WithStatus } from '../../contract/operation.ts'
import { INCLUDES } from '../../contract/parameters.ts'
import { invalidBody, Problem } from '../../contract/problem.ts'
import { atomically, type Database, type Runner } from '../../db/database.ts'
import type { EventType } from '../../events/event_types.ts'
import {
  DESCRIPTION_MAX_LENGTH,
  ENDPOINT_URL_MAX_LENGTH,
  EVENT_TYPES_MAX,
  OLD_SECRET_MS,
  PINGS_MAX,
  SECRETS_LIVE_MAX,
  SUBSCRIPTIONS_MAX,
  WEBHOOK_BODY_MAX_BYTES,
} from '../../limits.ts'
import type { Seal } from '../../seal.ts'
import type { Rights } from '../dispatch/turn.ts'
import { type Resolve, type Rules, resolvedMistake, storedUrl, writtenMistake } from '../sending/address.ts'
import { pingMessage } from '../sending/message.ts'
import type { Send } from '../sending/send.ts'
import { deliveryOperations } from './delivery_operations.ts'
import { ON_WEBHOOK, ON_WEBHOOKS, WEBHOOK_ACTION } from './frame.ts'
import { assertMaySee } from './grants.ts'
import { WANTED_TYPES, Webhook, WebhookPing, WebhookWithSecret } from './schema.ts'
import {
  changeSecret,
  changeSubscription,
  createSubscription,
  deleteSubscription,
  findSubscription,
  getSubscription,
  listSubscriptions,
  probeNow,
} from './subscriptions.ts'

/** Parts of the server that the webhook operations use. */
export type WebhookParts = {
  db: Database
  seal: Seal
  rules: Rules
  resolve: Resolve
  send: Send
  rights: Rights
}

/** What decides where events may be sent. */
type AddressParts = Pick<WebhookParts, 'rules' | 'resolve'>

/** Declares the operations under /webhooks. */
export const webhookOperations = (parts: WebhookParts): Operation[] => [
  create(parts),
  list,
  get,
  update(parts),
  remove,
  rotate(parts),
  ping(parts),
  ...deliveryOperations,
]

const create = ({ db, seal, rights, ...address }: WebhookParts): Operation =>
  operation({
    id: 'webhooks.create',
    method: 'POST',
    path: '/webhooks',
    ...ON_WEBHOOKS,
    // The DNS lookup comes first. No transaction is held while it runs.
    atomic: false,
    summary: { th: 'สร้าง Webhook', en: 'Create a webhook' },
    about: {
      th: `Event ที่เกิดหลังจากนี้จะถูกส่งไปที่ \`endpoint_url\` พร้อมลายเซ็นตาม Standard Webhooks ที่สร้างด้วย \`secret\` ซึ่งแสดงเฉพาะใน Response นี้ แอปหนึ่งมี Webhook ได้ไม่เกิน ${SUBSCRIPTIONS_MAX} รายการ`,
      en: `Sends future events to \`endpoint_url\`, signed according to Standard Webhooks with \`secret\`. The secret is shown only in this response. An application can have up to ${SUBSCRIPTIONS_MAX} webhooks.`,
    },
    uses: {
      th: ['รับ Event ทันทีที่เกิด แทนการทำ Polling', 'ส่ง Event การขายกับ Event สต็อกไปยังคนละ Endpoint'],
      en: [
        'Receiving events as they happen, instead of polling',
        'Sending sales events and inventory events to different endpoints',
      ],
    },
    body: JsonBody(requiredMembersOf(address)),
    notifies: 'endpoint_url',
    response: WithStatus(201, One(WebhookWithSecret)),
    problems: ['conflict'],
    async handle({ caller, body, clock }) {
      await assertPublic(body.endpoint_url, address)
      const content = {
        eventTypes: body.event_types as EventType[] | ['*'],
        // Contact data is sent only when asked for.
        includePii: body.include_pii ?? false,
        include: body.include ?? [],
      }
      const asked = { eventTypes: true, includePii: body.include_pii === true }
      assertMaySee(caller, await rights(db, caller.id), content, asked)
      return atomically(db, async (tx) => {
        const wanted = { endpointUrl: storedUrl(body.endpoint_url), description: body.description ?? null, ...content }
        const { id, secret } = await createSubscription(tx, caller, wanted, seal, clock())
        return withSecret(tx, caller, id, secret)
      })
    },
  })

const list = operation({
  id: 'webhooks.list',
  method: 'GET',
  path: '/webhooks',
  ...ON_WEBHOOKS,
  summary: { th: 'ดึงรายการ Webhook ของแอป', en: "List the application's webhooks" },
  uses: {
    th: ['ตรวจว่ามี Webhook ใดอยู่แล้วตอน Deploy เพื่อไม่สร้างซ้ำ', 'แสดงสถานะและจำนวน Event ที่ค้างส่งของทุก Webhook ในหน้าตั้งค่า'],
    en: [
      'Checking which webhooks exist before a deployment creates another one',
      'Showing the status and backlog of every webhook on a settings page',
    ],
  },
  query: PageQuery({}),
  response: Page(Webhook),
  handle: ({ db, caller, query }) => listSubscriptions(db, caller, query),
})

const get = operation({
  id: 'webhooks.get',
  method: 'GET',
  path: '/webhooks/{id}',
  ...ON_WEBHOOK,
  summary: { th: 'ดึงข้อมูล Webhook หนึ่งรายการ', en: 'Get a webhook' },
  uses: {
    th: ['ตรวจว่า Webhook ยังส่งอยู่หรือหยุดไปแล้ว และหยุดเพราะอะไร', 'ติดตามจำนวน Event ที่ค้างส่ง และแจ้งเตือนเมื่อ Endpoint รับไม่ทัน'],
    en: [
      'Checking whether a webhook is active or stopped, and why',
      'Monitoring the backlog and sending an alert when the endpoint falls behind',
    ],
  },
  response: One(Webhook),
  cache: 'by tag',
  handle: ({ db, caller, path }) => getSubscription(db, caller, path.id),
})

const update = ({ db, rights, ...address }: WebhookParts): Operation =>
  operation({
    id: 'webhooks.update',
    method: 'PATCH',
    path: '/webhooks/{id}',
    ...ON_WEBHOOK,
    // The DNS lookup comes first, as in create.
    atomic: false,
    summary: { th: 'แก้ไข Webhook', en: 'Update a webhook' },
    about: {
      th: 'แก้ไขเฉพาะฟิลด์ที่ส่งมา ตั้ง `status` เป็น PAUSED เพื่อหยุดส่งโดยไม่มี Event หาย และตั้งเป็น ACTIVE เพื่อส่งต่อจากที่หยุดไว้',
      en: 'Updates only the fields in the request. `status` PAUSED stops sending without losing events. ACTIVE resumes where sending stopped.',
    },
    uses: {
      th: [
        'หยุดส่งชั่วคราวระหว่างปรับปรุงระบบที่รับ Event แล้วส่งต่อโดยไม่มี Event หาย',
        'ย้ายไป URL ใหม่ หรือเพิ่มชนิดของ Event โดยใช้ Secret เดิม',
      ],
      en: [
        'Pausing during maintenance of the receiving system, then resuming without losing events',
        'Moving to a new URL or adding event types while keeping the secret',
      ],
    },
    body: JsonBody({
      ...membersOf(address),
      status: ChoiceMember(['ACTIVE', 'PAUSED'], 'ACTIVE หรือ PAUSED', 'ACTIVE or PAUSED'),
    }),
    response: One(Webhook),
    async handle({ caller, path, body, clock }) {
      const { endpoint_url, event_types, include_pii, include, description, status } = body
      if (endpoint_url !== undefined) await assertPublic(endpoint_url, address)
      const application = await rights(db, caller.id)
      return atomically(db, async (tx) => {
        const before = await findSubscription(tx, caller, path.id, { forUpdate: true })
        const content = {
          eventTypes: (event_types as EventType[] | undefined) ?? before.event_types,
          includePii: include_pii ?? before.include_pii,
          include: include ?? before.include,
        }
        // A new URL receives everything from now on, and items add to every sale and order, so the whole selection is checked
        // again.
        const asksForItems = include !== undefined && include.length > 0
        if (endpoint_url !== undefined || event_types !== undefined || include_pii !== undefined || asksForItems)
          assertMaySee(caller, application, content, {
            eventTypes: event_types !== undefined,
            includePii: include_pii === true,
          })
        await changeSubscription(
          tx,
          before,
          {
            includePii: content.includePii,
            include: content.include,
            ...(event_types !== undefined && { eventTypes: content.eventTypes }),
            ...(endpoint_url !== undefined && { endpointUrl: storedUrl(endpoint_url) }),
            ...(description !== undefined && { description }),
            ...(status !== undefined && { status }),
          },
          clock(),
        )
        return getSubscription(tx, caller, path.id)
      })
    },
  })

const remove = operation({
  id: 'webhooks.delete',
  method: 'DELETE',
  path: '/webhooks/{id}',
  ...ON_WEBHOOK,
  summary: { th: 'ลบ Webhook และประวัติการส่ง', en: 'Delete a webhook and its deliveries' },
  uses: {
    th: ['เลิกใช้ Endpoint เมื่อยกเลิกการเชื่อมต่อ', 'ลบ Webhook ที่สร้างไว้ทดสอบ เพื่อไม่ให้นับรวมในจำนวนสูงสุดของแอป'],
    en: [
      'Removing an endpoint when an integration ends',
      "Removing test webhooks so that they do not count towards the application's limit",
    ],
  },
  body: NO_BODY,
  response: Empty(204),
  async handle({ db, caller, path, clock }) {
    await deleteSubscription(db, await findSubscription(db, caller, path.id, { forUpdate: true }), clock())
  },
})

const rotate = ({ seal }: WebhookParts): Operation =>
  operation({
    id: 'webhooks.rotate_secret',
    path: '/webhooks/{id}/secret',
    ...WEBHOOK_ACTION,
    summary: { th: 'เปลี่ยน Secret ของ Webhook', en: 'Rotate the secret of a webhook' },
    about: {
      th: `สร้าง Secret ใหม่ ซึ่งแสดงเฉพาะใน Response นี้ Talad ยังลงลายเซ็นด้วย Secret เดิมทุกค่าต่ออีก ${OLD_SECRET_MS / 3_600_000} ชั่วโมงหลังเปลี่ยน แม้เปลี่ยนหลายครั้งติดกัน มี Secret ที่ใช้งานได้ไม่เกิน ${SECRETS_LIVE_MAX} ค่า หากเกินจะได้ 409 ที่บอกเวลาที่เปลี่ยนได้อีกครั้ง`,
      en: `Creates a new secret, which is shown only in this response. We also sign with every old secret for ${OLD_SECRET_MS / 3_600_000} hours after its rotation, even after several rotations in a row. At most ${SECRETS_LIVE_MAX} secrets can be active. Beyond that, the response is 409 and says when the next rotation is possible.`,
    },
    uses: {
      th: ['เปลี่ยน Secret ตามนโยบายความปลอดภัย โดยไม่ต้องหยุดรับ Event', 'เปลี่ยนทันทีเมื่อสงสัยว่า Secret รั่ว หรือทำ Secret หาย'],
      en: [
        'Rotating the secret regularly without interrupting events',
        'Replacing a secret that may have leaked or was lost',
      ],
    },
    response: One(WebhookWithSecret),
    problems: ['conflict'],
    async handle({ db, caller, path, clock }) {
      const before = await findSubscription(db, caller, path.id, { forUpdate: true })
      return withSecret(db, caller, path.id, await changeSecret(db, before, seal, clock()))
    },
  })

const ping = (parts: WebhookParts): Operation => {
  const pingNow = createPinger(parts)
  return operation({
    id: 'webhooks.ping',
    class: 'ping',
    path: '/webhooks/{id}/ping',
    ...WEBHOOK_ACTION,
    // A ping waits for the partner's server and must not hold a database connection meanwhile.
    atomic: false,
    summary: { th: 'ส่ง ping ไปที่ Webhook ทันที', en: 'Send a ping to a webhook' },
    about: {
      th: 'ส่ง Event `ping` พร้อมลายเซ็นจริงทันที แล้วรอ Response คำขอนี้ได้ 200 แม้ Endpoint ของคุณตอบไม่สำเร็จ แอปหนึ่งส่งได้ครั้งละหนึ่ง ping',
      en: 'Sends a signed `ping` event at once and waits for the response. The status is 200 even if the endpoint failed. An application can send one ping at a time.',
    },
    uses: {
      th: [
        'ทดสอบก่อนมี Event จริงว่า Talad เข้าถึง Endpoint ได้ และ Endpoint ตรวจลายเซ็นถูกต้อง',
        'ดู HTTP status และ Body ที่ Endpoint ตอบ เพื่อหาสาเหตุที่ส่งไม่สำเร็จ',
      ],
      en: [
        'Testing before the first real event that the endpoint is reachable and verifies signatures',
        'Viewing the HTTP status and response body of the endpoint when debugging failures',
      ],
    },
    response: Data(WebhookPing),
    problems: ['conflict'],
    handle: ({ caller, path, clock }) => pingNow(caller, path.id, clock()),
  })
}

/** Returns a function that pings a webhook and waits for the response. @throws Problem `not_found`, `conflict` */
export function createPinger({ db, seal, send }: Pick<WebhookParts, 'db' | 'seal' | 'send'>) {
  /** IDs of applications with a ping in progress. */
  const pinging = new Set<string>()
  return async (caller: ApplicationRights, subscriptionId: string, now: Date) => {
    const subscription = await findSubscription(db, caller, subscriptionId, { forUpdate: false })
    const { id: applicationId } = caller
    if (pinging.has(applicationId))
      throw new Problem('conflict', 'Another ping of this application is in progress; wait for its response')
    if (pinging.size >= PINGS_MAX)
      throw new Problem('temporarily_unavailable', 'Too many pings are in progress; try again shortly')
    pinging.add(applicationId)
    try {
      const { business_id: businessId, endpoint_url: endpointUrl, id } = subscription
      const message = pingMessage(seal, { businessId, id, endpointUrl, secrets: subscription }, randomUUID(), now)
      const { error, status, body } = await send(message)
      if (error === null) await probeNow(db, subscription, now)
      return { webhook_id: id, delivered: error === null, response_status: status, response_body: body }
    } finally {
      pinging.delete(applicationId)
    }
  }
}

/** The members of a webhook that a partner sets. */
const membersOf = ({ rules }: AddressParts) => ({
  endpoint_url: Checked(
    TextMember(
      'URL ที่รับ Event ต้องใช้ https และ Resolve เป็น Public IP address เท่านั้น',
      'URL that receives the events. It must use https and resolve to public addresses only',
      ENDPOINT_URL_MAX_LENGTH,
      'https://example.com/hooks/talad',
    ),
    (text) => writtenMistake(text, rules),
  ),
  event_types: Checked(
    ChoicesMember(
      WANTED_TYPES,
      `ชนิดของ Event (1–${EVENT_TYPES_MAX} ค่า) หรือ \`["*"]\` สำหรับทุกชนิดที่ Scope ของแอปอนุญาตในขณะที่ Event เกิด ชนิดที่ Talad เพิ่มภายหลังจะส่งเมื่อตั้ง \`event_types\` ใหม่แล้วเท่านั้น`,
      `Event types (1–${EVENT_TYPES_MAX}), or \`["*"]\` for all types that the application's scopes allow at the time of the event. Types that we add later are sent only after you set \`event_types\` again`,
      { maximum: EVENT_TYPES_MAX },
      ['sale.created', 'sale.refunded'],
    ),
    (types) => (types.includes('*') && types.length > 1 ? 'must not contain other types together with *' : null),
  ),
  description: NullableMember(TextMember('คำอธิบาย', 'Description', DESCRIPTION_MAX_LENGTH, 'ส่งยอดขายเข้าระบบบัญชี')),
  include_pii: FlagMember(
    'Event ของลูกค้ามีข้อมูลติดต่อ (ฟิลด์ PII 9 ฟิลด์) ด้วยหรือไม่ ค่าเริ่มต้นคือ false หากเป็น true ต้องมี Scope `read:customers:pii` ส่วนชื่อลูกค้าจะปรากฏเสมอ แม้เป็นข้อมูลส่วนบุคคลเช่นกัน',
    'Whether customer events contain contact data (the nine PII fields). Default: false. true requires the scope `read:customers:pii`. Names are always included, although they are personal data too',
    false,
  ),
  include: ChoicesMember(
    INCLUDES,
    `ข้อมูลที่ให้ Event มีเพิ่ม: \`items\` คือรายการในบิลขายและใบสั่งซื้อ รูปแบบเดียวกับ Endpoint ของรายการ ค่าเริ่มต้นคือไม่มี ถ้า Body จะเกิน ${BODY_MAX_KIB} KiB Event จะมี \`"items": null, "items_omitted": true\` แทน`,
    `What events contain in addition: \`items\` are the items of sales and purchase orders, as the items endpoint shows them. Default: nothing. If the body would exceed ${BODY_MAX_KIB} KiB, the event has \`"items": null, "items_omitted": true\` instead`,
    { minimum: 0, maximum: INCLUDES.length },
    ['items'],
  ),
})

const BODY_MAX_KIB = WEBHOOK_BODY_MAX_BYTES / 1024

const requiredMembersOf = (address: AddressParts) => {
  const { endpoint_url, event_types, ...optional } = membersOf(address)
  return { endpoint_url: RequiredMember(endpoint_url), event_types: RequiredMember(event_types), ...optional }
}

/** Checks where the URL leads. Runs before any write and outside of any transaction, because it waits for DNS. */
async function assertPublic(endpointUrl: string, { rules, resolve }: AddressParts): Promise<void> {
  const message = await resolvedMistake(endpointUrl, rules, resolve)
  if (message !== null) throw invalidBody([{ field: 'endpoint_url', message }])
}

async function withSecret(tx: Runner, caller: ApplicationRights, id: string, secret: string): Promise<Buffer> {
  const row = (await getSubscription(tx, caller, id)) as Buffer
  return Buffer.concat([row, Buffer.from(`,"secret":${JSON.stringify(secret)}`)])
}
