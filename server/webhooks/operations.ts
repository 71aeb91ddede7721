import { randomUUID } from 'node:crypto'
import { atomically, type Database, type Runner } from '../db/database.ts'
import type { EventType } from '../events/event_types.ts'
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
} from '../http/members.ts'
import {
  type Caller,
  Data,
  Empty,
  One,
  type Operation,
  operation,
  Page,
  PageQuery,
  WithStatus,
} from '../http/operation.ts'
import { invalidBody, Problem } from '../http/problem.ts'
import type { Seal } from '../http/seal.ts'
import {
  DESCRIPTION_MAX_LENGTH,
  ENDPOINT_URL_MAX_LENGTH,
  EVENT_TYPES_MAX,
  OLD_SECRET_MS,
  PINGS_MAX,
  SECRETS_LIVE_MAX,
  SUBSCRIPTIONS_MAX,
} from '../limits.ts'
import { type Resolve, type Rules, resolvedMistake, storedUrl, writtenMistake } from './address.ts'
import { deliveryOperations, WEBHOOK } from './delivery_operations.ts'
import { assertMaySee } from './grants.ts'
import { pingMessage } from './message.ts'
import { WANTED_TYPES, Webhook, WebhookPing, WebhookWithSecret } from './schema.ts'
import type { Send } from './send.ts'
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
import type { Rights } from './turn.ts'

/** What the operations need of the rest of the server. */
export type WebhookParts = {
  db: Database
  seal: Seal
  rules: Rules
  resolve: Resolve
  send: Send
  rights: Rights
}

/** /webhooks: where an application wants events sent to. */
export function webhookOperations({ db, seal, rules, resolve, send, rights }: WebhookParts): Operation[] {
  const tag = 'Webhooks'
  const scope = 'read:webhooks'

  const members = {
    endpoint_url: Checked(
      TextMember(
        'URL ที่รับ Event ต้องเป็น https และเป็นที่อยู่สาธารณะเท่านั้น',
        'Where to send events: https, and only public addresses',
        ENDPOINT_URL_MAX_LENGTH,
        'https://example.com/hooks/talad',
      ),
      (text) => writtenMistake(text, rules),
    ),
    event_types: Checked(
      ChoicesMember(
        WANTED_TYPES,
        `ชนิดของ Event (1–${EVENT_TYPES_MAX}) หรือ \`["*"]\` คือทุกชนิดที่ Scope ของแอปอนุญาตในขณะที่เกิด`,
        `Types of events (1–${EVENT_TYPES_MAX}), or \`["*"]\` for all that the application's scopes allow when an event comes`,
        EVENT_TYPES_MAX,
        ['sale.created', 'sale.refunded'],
      ),
      (types) => (types.includes('*') && types.length > 1 ? 'must have nothing beside *' : null),
    ),
    description: NullableMember(TextMember('คำอธิบาย', 'What it is for', DESCRIPTION_MAX_LENGTH, 'ส่งยอดขายเข้าระบบบัญชี')),
    include_pii: FlagMember(
      'ส่งข้อมูลติดต่อของลูกค้า (ฟิลด์ PII 9 ฟิลด์) ใน Event ของลูกค้าด้วยหรือไม่ ค่าเริ่มต้นคือ false ถ้าเป็น true ต้องมี Scope `read:customers:pii` ชื่อลูกค้าซึ่งเป็นข้อมูลส่วนบุคคลเช่นกันมีอยู่ใน Event เสมอ',
      'Whether events of customers contain their contact data (the nine PII fields). Default: false; true needs the scope `read:customers:pii`. Names, which are personal data too, are always included',
      false,
    ),
  }

  /** Before anything is written, and outside of any transaction: it asks the name servers of others. */
  async function assertPublic(endpointUrl: string): Promise<void> {
    const message = await resolvedMistake(endpointUrl, rules, resolve)
    if (message !== null) throw invalidBody([{ field: 'endpoint_url', message }])
  }

  async function withSecret(tx: Runner, caller: Caller, id: string, secret: string): Promise<Buffer> {
    const row = (await getSubscription(tx, caller, id)) as Buffer
    return Buffer.concat([row, Buffer.from(`,"secret":${JSON.stringify(secret)}`)])
  }

  const create = operation({
    id: 'webhooks.create',
    method: 'POST',
    path: '/webhooks',
    tag,
    scope,
    // Names are looked up first, and nothing is held while that takes its time.
    atomic: false,
    summary: { th: 'สร้าง Webhook', en: 'Create a webhook' },
    about: {
      th: `Event ที่เกิดหลังจากนี้จะถูกส่งไปที่ URL นี้ ลงลายเซ็นตาม Standard Webhooks ด้วย \`secret\` ซึ่งแสดงที่นี่ครั้งเดียว ไม่เกิน ${SUBSCRIPTIONS_MAX} แห่งต่อแอป`,
      en: `Events that happen from now on are sent there, signed by Standard Webhooks with the \`secret\` that is shown here and never again. At most ${SUBSCRIPTIONS_MAX} for an application.`,
    },
    uses: {
      th: ['รับ Event ทันทีที่เกิด แทนการถาม API ซ้ำเป็นรอบ ๆ', 'แยกปลายทางของ Event การขายกับ Event สต็อกออกจากกัน'],
      en: [
        'Receiving events as they happen, rather than asking the API again and again',
        'Sending the events of sales and those of stock to different places',
      ],
    },
    body: JsonBody({
      ...members,
      endpoint_url: RequiredMember(members.endpoint_url),
      event_types: RequiredMember(members.event_types),
    }),
    response: WithStatus(201, One(WebhookWithSecret)),
    problems: ['conflict'],
    async handle({ caller, body, clock }) {
      await assertPublic(body.endpoint_url)
      const content = {
        eventTypes: body.event_types as EventType[] | ['*'],
        // Contact data is sent only when asked for.
        includePii: body.include_pii ?? false,
      }
      const asked = { eventTypes: true, includePii: body.include_pii === true }
      assertMaySee(caller, await rights(db, caller.application.id), content, asked)
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
    tag,
    scope,
    summary: { th: 'ดึง Webhook ทั้งหมดของแอป', en: "List the application's webhooks" },
    uses: {
      th: ['ตรวจว่าแอปมี Webhook ใดอยู่แล้ว ก่อนสร้างใหม่ตอนติดตั้งระบบ', 'แสดงหน้าตั้งค่าที่บอกสถานะและจำนวนที่ค้างส่งของทุก Webhook'],
      en: [
        'Finding out which webhooks the application already has, before a deployment creates another',
        'Showing a settings page with the status and the backlog of every webhook',
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
    tag,
    scope,
    params: WEBHOOK,
    summary: { th: 'ดึง Webhook หนึ่งแห่ง', en: 'Get a webhook' },
    uses: {
      th: ['ตรวจว่า Webhook ยังส่งอยู่หรือหยุดไปแล้ว และหยุดเพราะอะไร', 'เฝ้าดูจำนวนที่ค้างส่ง และแจ้งเตือนเมื่อปลายทางตามไม่ทัน'],
      en: [
        'Checking whether a webhook still sends or has stopped, and why',
        'Watching the backlog, and raising an alarm when the endpoint falls behind',
      ],
    },
    response: One(Webhook),
    handle: ({ db, caller, path }) => getSubscription(db, caller, path.id),
  })

  const update = operation({
    id: 'webhooks.update',
    method: 'PATCH',
    path: '/webhooks/{id}',
    tag,
    scope,
    params: WEBHOOK,
    // As with create.
    atomic: false,
    summary: { th: 'แก้ไข Webhook', en: 'Change a webhook' },
    about: {
      th: 'แก้เฉพาะฟิลด์ที่ส่ง `status` ACTIVE เริ่มส่งต่อจากที่ค้างไว้ PAUSED หยุดส่งโดยไม่มี Event หาย',
      en: 'Changes what is sent and nothing else. `status` ACTIVE goes on where it stopped, PAUSED stops without losing anything.',
    },
    uses: {
      th: [
        'หยุดส่งชั่วคราวระหว่างปรับปรุงระบบปลายทาง แล้วส่งต่อโดยไม่มี Event หาย',
        'ย้ายไป URL ใหม่ หรือเพิ่มชนิดของ Event โดยใช้ Secret เดิม',
      ],
      en: [
        'Pausing while the receiving system is being worked on, and going on without losing an event',
        'Moving to a new URL, or adding types of events, while the secret stays the same',
      ],
    },
    body: JsonBody({
      ...members,
      status: ChoiceMember(['ACTIVE', 'PAUSED'], 'ACTIVE หรือ PAUSED', 'ACTIVE or PAUSED'),
    }),
    response: One(Webhook),
    async handle({ caller, path, body, clock }) {
      const { endpoint_url, event_types, include_pii, description, status } = body
      if (endpoint_url !== undefined) await assertPublic(endpoint_url)
      const application = await rights(db, caller.application.id)
      return atomically(db, async (tx) => {
        const before = await findSubscription(tx, caller, path.id, { forUpdate: true })
        const content = {
          eventTypes: (event_types as EventType[] | undefined) ?? before.event_types,
          includePii: include_pii ?? before.include_pii,
        }
        // A new address is where all of it goes from now on.
        if (endpoint_url !== undefined || event_types !== undefined || include_pii !== undefined)
          assertMaySee(caller, application, content, {
            eventTypes: event_types !== undefined,
            includePii: include_pii === true,
          })
        await changeSubscription(
          tx,
          before,
          {
            ...content,
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
    tag,
    scope,
    params: WEBHOOK,
    summary: { th: 'ลบ Webhook พร้อมประวัติการส่ง', en: 'Delete a webhook and its deliveries' },
    uses: {
      th: ['เลิกใช้ปลายทางเมื่อยกเลิกการเชื่อมต่อกับระบบนั้น', 'ล้าง Webhook ที่สร้างไว้ทดสอบ เพื่อไม่ให้นับรวมในจำนวนสูงสุดของแอป'],
      en: [
        'Taking an endpoint out of service when an integration ends',
        "Clearing away webhooks made for a test, so that they do not count towards the application's limit",
      ],
    },
    body: NO_BODY,
    response: Empty(204),
    async handle({ db, caller, path, clock }) {
      await deleteSubscription(db, await findSubscription(db, caller, path.id, { forUpdate: true }), clock())
    },
  })

  const rotate = operation({
    id: 'webhooks.rotate_secret',
    method: 'POST',
    path: '/webhooks/{id}/secret',
    tag,
    scope,
    params: WEBHOOK,
    summary: { th: 'เปลี่ยน Secret', en: 'Change the secret' },
    about: {
      th: `สร้าง Secret ใหม่ ซึ่งแสดงที่นี่ครั้งเดียว Secret ทุกตัวที่ถูกเปลี่ยนยังเซ็นควบคู่กันอีก ${OLD_SECRET_MS / 3_600_000} ชั่วโมงนับจากเวลาที่ถูกเปลี่ยน แม้จะเปลี่ยนหลายครั้งติดกัน ใช้พร้อมกันได้ไม่เกิน ${SECRETS_LIVE_MAX} ตัว หากเกินจะได้ 409 พร้อมเวลาที่เปลี่ยนได้อีกครั้ง`,
      en: `Creates a new secret, which is shown only in this response. Every replaced secret also signs for ${OLD_SECRET_MS / 3_600_000} hours after its replacement, even after several replacements in a row. At most ${SECRETS_LIVE_MAX} secrets can be live; beyond that the answer is 409, which says when the next replacement is possible.`,
    },
    uses: {
      th: [
        'เปลี่ยน Secret ตามรอบที่นโยบายความปลอดภัยกำหนด โดยไม่ต้องหยุดรับ Event',
        'เปลี่ยนทันทีเมื่อสงสัยว่า Secret รั่วไหล หรือเก็บ Secret เดิมไว้ไม่ทัน',
      ],
      en: [
        'Changing the secret as often as a security policy asks, without a pause in events',
        'Replacing a secret that may have leaked, or that nobody kept',
      ],
    },
    body: NO_BODY,
    response: One(WebhookWithSecret),
    problems: ['conflict'],
    async handle({ db, caller, path, clock }) {
      const before = await findSubscription(db, caller, path.id, { forUpdate: true })
      return withSecret(db, caller, path.id, await changeSecret(db, before, seal, clock()))
    },
  })

  /** Applications whose ping is on its way. */
  const pinging = new Set<string>()

  const ping = operation({
    id: 'webhooks.ping',
    method: 'POST',
    class: 'ping',
    path: '/webhooks/{id}/ping',
    tag,
    scope,
    params: WEBHOOK,
    // It waits for somebody else's server, and must not hold a connection to the database meanwhile.
    atomic: false,
    summary: { th: 'ส่ง ping ไปที่ Webhook ทันที', en: 'Send a ping now' },
    about: {
      th: 'ส่ง `ping` ที่ลงลายเซ็นจริง และรอคำตอบ ตอบ 200 แม้ปลายทางไม่สำเร็จ ครั้งละหนึ่งต่อแอป',
      en: 'Sends a real, signed `ping` and waits for the answer; 200 also when the endpoint failed. One at a time for an application.',
    },
    uses: {
      th: [
        'ทดสอบว่าปลายทางเข้าถึงได้และตรวจลายเซ็นถูกต้อง ก่อนมี Event จริง',
        'ดูสถานะและข้อความที่ปลายทางตอบกลับ เมื่อหาสาเหตุที่ส่งไม่สำเร็จ',
      ],
      en: [
        'Testing that the endpoint can be reached and verifies signatures, before a real event comes',
        'Seeing the status and the text that the endpoint answers with, when looking for the cause of failures',
      ],
    },
    body: NO_BODY,
    response: Data(WebhookPing),
    problems: ['conflict'],
    async handle({ caller, path, clock }) {
      const subscription = await findSubscription(db, caller, path.id, { forUpdate: false })
      const { id: applicationId } = caller.application
      if (pinging.has(applicationId))
        throw new Problem('conflict', 'A ping of this application is on its way; wait for its answer')
      if (pinging.size >= PINGS_MAX)
        throw new Problem('temporarily_unavailable', 'Too many pings are on their way; try again shortly')
      pinging.add(applicationId)
      try {
        const { business_id: businessId, endpoint_url: endpointUrl, id } = subscription
        const message = pingMessage(seal, { businessId, id, endpointUrl, secrets: subscription }, randomUUID(), clock())
        const { error, status, body } = await send(message)
        if (error === null) await probeNow(db, subscription, clock())
        return { webhook_id: id, delivered: error === null, response_status: status, response_body: body }
      } finally {
        pinging.delete(applicationId)
      }
    },
  })

  return [create, list, get, update, remove, rotate, ping, ...deliveryOperations]
}
