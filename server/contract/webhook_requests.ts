import { type JsonSchema, type Resource, refTo } from './schema.ts'
import type { Tag } from './tags.ts'

// Describes the requests that webhooks send, for the OpenAPI document.

/** Returns the requests that webhooks send, by event type. */
export const webhooksOf = ({ forms }: Resource): JsonSchema =>
  Object.fromEntries(
    (forms?.of ?? []).flatMap((message) => {
      const type = message.fields.type?.schema.const
      if (typeof type !== 'string') return []
      return [[type, { post: messageObject(type, message) }]]
    }),
  )

/** Returns the request of a webhook with this body. */
export const messageObject = (what: string, { name, en, th }: Resource): JsonSchema => ({
  operationId: `webhook.${what.replace('.', '_')}`,
  tags: [WEBHOOK_TAG],
  summary: what,
  description: en,
  'x-description-th': th,
  security: [],
  parameters: WEBHOOK_HEADERS,
  requestBody: { required: true, content: { 'application/json': { schema: refTo(name) } } },
  responses: {
    '2XX': { description: 'Received' },
    410: { description: 'Gone: disables the webhook' },
    default: { description: 'Anything else: we retry' },
  },
})

/** Not the tag of operations: openapi-generator would write both to the same file. */
export const WEBHOOK_TAG: Tag = 'Webhook Requests'

const webhookHeader = (name: string, th: string, en: string, example: string, required = true): JsonSchema => ({
  ...{ name, in: 'header', required, description: en, 'x-description-th': th, schema: { type: 'string' }, example },
})

const WEBHOOK_HEADERS = [
  webhookHeader(
    'webhook-id',
    'ID ของ Event เหมือนเดิมทุกครั้งที่ส่ง',
    'Event ID; the same on every attempt',
    '5c8e2f70-1b4d-4a96-83e7-d0f9b6a2c514',
  ),
  webhookHeader('webhook-timestamp', 'เวลาที่ส่งครั้งนี้ เป็นวินาที Unix', 'Time of this attempt, in Unix seconds', '1780291297'),
  webhookHeader(
    'webhook-signature',
    'ลายเซ็นตาม Standard Webhooks คั่นด้วยช่องว่างเมื่อมีหลายค่า',
    'Signatures according to Standard Webhooks, separated by spaces',
    'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  ),
  webhookHeader('webhook-attempt', 'ครั้งที่ส่ง เริ่มจาก 1', 'Number of the attempt, starting at 1', '1'),
  webhookHeader('webhook-replay', 'เป็น `1` เมื่อเป็นการ Replay', '`1` in a replay', '1', false),
]
