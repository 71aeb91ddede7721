import { Flag, Id, Nullable, Resource, Text, Unknown } from '../../contract/schema.ts'
import { Webhook } from '../../webhooks/subscriptions/schema.ts'

const { id, ...fields } = Webhook.fields

export const ConsoleWebhook = Resource(
  'ConsoleWebhook',
  { th: 'Webhook ของแอปหนึ่ง', en: 'A webhook of an application.' },
  {
    id: id as (typeof Webhook.fields)[string],
    application_id: Id('ID ของแอป', 'Application ID'),
    application: Nullable(Text('ชื่อแอป', 'Name of the application', 'CRM')),
    status_th: Text('สถานะเป็นคำภาษาไทย', 'The status in words, in Thai', 'ส่งไม่สำเร็จ: ปลายทางตอบ 500'),
    status_en: Text('สถานะเป็นคำภาษาอังกฤษ', 'The status in words, in English', 'Failing: the endpoint answers 500'),
    is_suspended: Flag('ไม่ส่งเพราะแอปถูกหยุดชั่วคราว', 'Whether nothing is sent because the application is paused', false),
    ...fields,
  },
)

export const DeliveryContent = Resource(
  'DeliveryContent',
  { th: 'เนื้อหาของการส่ง', en: 'What a delivery would contain now.' },
  { body: Unknown('เนื้อหาที่จะส่งหากส่งตอนนี้', 'The body as it would be sent now') },
)
