import { ExternalId } from '../../../contract/external_id.ts'
import { Choice, Id, Nullable, Resource, Text, Time } from '../../../contract/schema.ts'
import { CONSENT_WORD_MAX_LENGTH } from '../../../limits.ts'

/** What a consent says: the customer agreed, or no longer agrees. */
export const CONSENT_STATUSES = ['GIVEN', 'WITHDRAWN'] as const

/** One statement of a customer about one purpose. Statements are kept, so that an auditor sees what was valid when. */
export const Consent = Resource(
  'Consent',
  {
    table: 'consents',
    customerIn: 'customer_id',
    th: 'การให้หรือถอนความยินยอมของลูกค้าหนึ่งครั้ง เก็บประวัติทุกครั้ง สถานะปัจจุบันของ purpose และ channel คือรายการที่มี `occurred_at` ล่าสุดซึ่งมี channel นั้นหรือไม่ระบุ channel',
    en: 'One statement of a customer: consent given or withdrawn. All statements are kept. The current state of a purpose and a channel is the statement with the latest `occurred_at` that names this channel or no channel.',
  },
  {
    id: Id('ID ของความยินยอม', 'Consent ID', '7d2e4c10-96b5-4f3a-8a1c-3e5f7b9d0c26'),
    customer_id: Id('Customer ID', 'Customer ID'),
    purpose: Text(
      'วัตถุประสงค์ เป็นคำที่ร้านกำหนด เช่น marketing ใช้คำเดิมทุกครั้งสำหรับวัตถุประสงค์เดียวกัน',
      'Purpose: a word of the shop, such as marketing; always the same word for the same purpose',
      'marketing',
      CONSENT_WORD_MAX_LENGTH,
    ),
    channel: Nullable(
      Text(
        'ช่องทาง เช่น SMS, EMAIL, LINE เป็น null หมายถึงทุกช่องทาง ไม่ใช่เบอร์โทรศัพท์หรืออีเมลของลูกค้า',
        "Channel, such as SMS, EMAIL or LINE; null means every channel. Never the customer's number or address",
        'SMS',
        CONSENT_WORD_MAX_LENGTH,
      ),
    ),
    status: Choice(CONSENT_STATUSES, 'ให้ (GIVEN) หรือถอน (WITHDRAWN)', 'Given or withdrawn', 'GIVEN'),
    occurred_at: Time(
      'เวลาที่ลูกค้าให้หรือถอนความยินยอม',
      'Time when the customer gave or withdrew the consent',
      '2026-05-11T15:12:40.000Z',
    ),
    source: Nullable(
      Text('แหล่งที่ได้รับความยินยอม เช่น ใบสมัครสมาชิก', 'Where the statement was made, such as a sign-up form', 'signup_form'),
    ),
    created_at: Time('สร้างเมื่อ', 'Time when the record was created'),
    updated_at: Time('เวลาที่แก้ไขล่าสุด', 'Time when the record was last updated', '2026-05-11T15:14:06.138Z'),
    external_id: ExternalId('CONSENT-20511'),
  },
)
