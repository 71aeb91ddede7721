import type { PartnerProblemCode } from '../../server/contract/problem.ts'
import type { Lang } from './contract.ts'

// Texts of generated pages, in both languages. Headings, column names and technical terms are English in both.

export type Texts = {
  uses: string
  noScope: string
  publicly: string
  anyToken: string
  extraScope(fields: string): string
  token(link: string): string
  tag(link: string): string
  clientAuth: string
  pii(scope: string): string
  piiFields(scope: string): string
  piiHeader: string
  pagination: string
  feed: string
  branchFilter: string
  branchNeeded: string
  days: string
  variables(link: string): string
  deprecated(day: string, link: string): string
  webhookId(link: string): string
  deliveryId(link: string): string
  recorded: string
  fromSchema: string
  recordedEmpty: string
  errors: Record<PartnerProblemCode, { when: string; doThis: string }>
  see: string
}

export const TEXTS: Record<Lang, Texts> = {
  th: {
    uses: 'Endpoint นี้เหมาะสำหรับ:',
    noScope: 'ใช้ Access token ใดก็ได้ ไม่ต้องมี Scope',
    publicly: 'ไม่ต้องใช้ Access token',
    anyToken: 'Token ใดก็ได้',
    extraScope: (fields) => `ข้อมูลติดต่อ (PII: ${fields}) ต้องมี Scope นี้ด้วย:`,
    token: (link) => `ขอ Access token ได้ที่ [Get Access Token](${link})`,
    tag: (link) =>
      `Response มี \`ETag\` ส่งค่านี้ใน \`If-None-Match\` ของคำขอถัดไป ถ้าข้อมูลไม่เปลี่ยน จะได้ \`304\` ที่ไม่มี Body ดู [Caching](${link})`,
    clientAuth: 'ส่ง `client_id` และ `client_secret` ใน Form หรือแบบ HTTP Basic ไม่ต้องใช้ Access token',
    pii: (scope) =>
      `หาก Token ไม่มี Scope \`${scope}\` ฟิลด์ PII (ข้อมูลติดต่อ) จะ **ไม่ปรากฏใน Response เลย** — ไม่ใช่ \`null\` แต่ key หายไปจาก object ทั้งหมด ส่วน \`null\` หมายถึงร้านไม่มีข้อมูลนั้น ชื่อก็เป็นข้อมูลส่วนบุคคล แต่ไม่ต้องใช้ Scope นี้`,
    piiFields: (scope) => `ฟิลด์ที่ต้องมี Scope \`${scope}\`:`,
    piiHeader: 'เมื่อฟิลด์เหล่านี้หายไป Header `Omitted-Fields` ของ Response จะบอกชื่อฟิลด์และ Scope ที่ขาด',
    pagination:
      'Endpoint นี้ใช้ Cursor-based Pagination\n\nหาก `has_more` เป็น `true` ให้ส่ง `next_cursor` กลับมาใน Parameter `cursor` โดยไม่ต้องส่งตัวกรองซ้ำ เพราะ Cursor มีตัวกรองและ `limit` เดิมอยู่แล้ว และไม่หมดอายุ',
    feed: 'Endpoint นี้แบ่งหน้าด้วย Position: ส่ง `next_after` ของแต่ละ Response ใน Parameter `after` ของคำขอถัดไป หาก `has_more` เป็น `true` หน้าที่ไม่เต็มหรือว่างยังไม่ใช่หน้าสุดท้าย',
    branchFilter:
      'ผลลัพธ์มีเฉพาะสาขาที่ Token มีสิทธิ์ ส่ง `branch_id` ซ้ำได้ (ไม่เกิน 50 ค่า) เพื่อกรองตามสาขา ส่วนสาขาที่อยู่นอกสิทธิ์ API จะข้ามไป หากไม่เหลือสาขาใดเลยจะได้รายการว่าง',
    branchNeeded: 'หากสาขาหรือคลังสินค้าอยู่นอกสิทธิ์ของ Token หรือไม่มีอยู่จริง รายงานนี้ตอบ `403 branch_not_allowed` เหมือนกัน',
    days: '`from` และ `to` เป็นวันที่ในรูปแบบ `YYYY-MM-DD` รวมทั้งสองวัน ตามเขตเวลาของธุรกิจ (ค่าเริ่มต้น `Asia/Bangkok`) หาก `from` อยู่หลัง `to` จะได้ `400`',
    variables: (link) =>
      `ตัวอย่างโค้ดอ่าน Token หรือ Client Secret จาก Environment variable วิธีตั้งอยู่ใน[เริ่มใช้งานใน 5 นาที](${link})`,
    deprecated: (day, link) => `**Endpoint นี้จะเลิกใช้** และอาจหยุดทำงานหลังวันที่ ${day} ดู[เวอร์ชันและการเลิกใช้](${link})`,
    webhookId: (link) => `\`WEBHOOK_ID\` คือ \`id\` จาก [List Webhooks](${link})`,
    deliveryId: (link) => `\`DELIVERY_ID\` คือ \`id\` จาก [List Webhook Deliveries](${link})`,
    recorded: 'Response จริงที่บันทึกจาก Demo',
    fromSchema: 'ตัวอย่างจาก openapi.json',
    recordedEmpty: 'Response ไม่มี Body',
    see: 'ดูข้อผิดพลาดทั้งหมดได้ที่',
    errors: {
      invalid_request: {
        when: 'คำขอไม่ถูกต้อง ดูข้อผิดพลาดทั้งหมดและค่าที่ใช้ได้ใน `details`',
        doThis: 'แก้คำขอตาม `details` ก่อนส่งใหม่',
      },
      unsupported_grant_type: {
        when: '`grant_type` ไม่ใช่ `client_credentials`',
        doThis: 'ส่ง `grant_type=client_credentials`',
      },
      invalid_scope: {
        when: 'ขอ Scope ที่แอปไม่มี หรือขอ `read:customers:pii` โดยไม่มี `read:customers`',
        doThis: 'ขอเฉพาะ Scope ที่เจ้าของร้านให้ไว้',
      },
      invalid_client: {
        when: 'Client ID หรือ Client Secret ไม่ถูกต้อง Secret หรือแอปถูกเพิกถอนแล้ว หรือเจ้าของร้านหยุดแอปชั่วคราว (`message` จะบอก)',
        doThis:
          'ตรวจ Client Secret หากเพิ่งเปลี่ยนให้ใช้ค่าใหม่ หากยังไม่ได้ให้ติดต่อเจ้าของร้าน แอปที่หยุดชั่วคราวใช้ Secret เดิมได้เมื่อเจ้าของร้านให้ทำงานต่อ',
      },
      invalid_token: {
        when: 'ไม่มี Access token หรือ Token ไม่ถูกต้อง หมดอายุ หรือถูกเพิกถอน หรือเจ้าของร้านหยุดแอปชั่วคราว',
        doThis: 'ขอ Token ใหม่แล้วลองอีกหนึ่งครั้ง',
      },
      insufficient_scope: {
        when: 'Token ไม่มี Scope ที่ Endpoint นี้ต้องการ `required_scope` บอกชื่อ Scope ที่ขาด',
        doThis: 'ขอให้เจ้าของร้านเพิ่ม Scope แล้วขอ Token ใหม่',
      },
      branch_not_allowed: {
        when: 'สาขาหรือคลังสินค้าอยู่นอกสิทธิ์ของ Token หรือไม่มีอยู่จริง',
        doThis: 'ใช้ `branch_id` จาก `GET /branches` หรือ `warehouse_id` จาก `GET /warehouses`',
      },
      not_found: {
        when: 'ไม่มีข้อมูลนี้ หรืออยู่นอกสิทธิ์ของ Token (Response เหมือนกันทุกประการ)',
        doThis: 'ถือว่าถูกลบแล้ว หรือตรวจสาขาของ Token ด้วย `GET /me`',
      },
      method_not_allowed: { when: 'Path นี้ไม่รองรับ Method ที่ส่งมา', doThis: 'ใช้ Method ที่อยู่ใน Header `Allow`' },
      conflict: {
        when: 'สถานะปัจจุบันไม่อนุญาต เช่น มี Webhook ครบ 20 รายการแล้ว',
        doThis: 'อ่าน `message` แล้วแก้สาเหตุก่อนส่งใหม่',
      },
      payload_too_large: { when: 'Body ของคำขอใหญ่เกินกำหนด', doThis: 'ส่งข้อมูลต่อคำขอให้น้อยลง' },
      unsupported_media_type: {
        when: 'Endpoint นี้ไม่รองรับ `Content-Type` ที่ส่งมา',
        doThis: 'ใช้ `Content-Type` ตามหน้าของ Endpoint',
      },
      rate_limit_exceeded: {
        when: 'ส่งคำขอถี่เกินไป `retry_after` และ Header `Retry-After` บอกจำนวนวินาทีที่ต้องรอ',
        doThis: 'รอตาม `retry_after` แล้วส่งใหม่',
      },
      server_error: {
        when: 'เกิดข้อผิดพลาดที่เซิร์ฟเวอร์',
        doThis: 'ลองใหม่ภายหลัง หากยังเกิดอยู่ให้แจ้งค่าของ Header `X-Request-Id`',
      },
      temporarily_unavailable: {
        when: 'Talad ไม่พร้อมให้บริการชั่วคราว Header `Retry-After` บอกจำนวนวินาทีที่ต้องรอ',
        doThis: 'รอตาม `Retry-After` แล้วส่งใหม่ด้วย Exponential backoff',
      },
    },
  },
  en: {
    uses: 'Use cases:',
    noScope: 'Any access token works. No scope is required.',
    publicly: 'No access token is required.',
    anyToken: 'any token',
    extraScope: (fields) => `Contact data (PII: ${fields}) requires an additional scope:`,
    token: (link) => `Get an access token with [Get Access Token](${link}).`,
    tag: (link) =>
      `The response has an \`ETag\`. Send it as \`If-None-Match\` in the next request. If nothing has changed, you get \`304\` without a body: see [Caching](${link}).`,
    clientAuth: 'Send `client_id` and `client_secret` in the form or with HTTP Basic. No access token is required.',
    pii: (scope) =>
      `Without the scope \`${scope}\`, contact data (the PII fields) is **absent from the response**: the keys are missing, not \`null\`. \`null\` means that the shop does not have the value. Names are personal data too, but do not require this scope.`,
    piiFields: (scope) => `Fields that require the scope \`${scope}\`:`,
    piiHeader: 'If these fields are absent, the response header `Omitted-Fields` lists them and the missing scope.',
    pagination:
      'This endpoint uses cursor-based pagination.\n\nIf `has_more` is `true`, send `next_cursor` as the parameter `cursor`. You do not need to repeat the filters: the cursor contains them and the `limit`, and does not expire.',
    feed: 'This endpoint is paginated by position: send `next_after` of each response as the parameter `after` of the next request. While `has_more` is `true`, a short or empty page is not the last one.',
    branchFilter:
      'The result contains only branches that the token can access. Repeat `branch_id` (up to 50 times) to filter by branch. The API ignores branches that the token cannot access. If no branch remains, the list is empty.',
    branchNeeded:
      'If the branch or warehouse does not exist, or the token cannot access it, this report returns the same `403 branch_not_allowed`.',
    days: '`from` and `to` are days in the form `YYYY-MM-DD`, both inclusive, in the time zone of the business (default `Asia/Bangkok`). If `from` is after `to`, the response is `400`.',
    variables: (link) =>
      `The code samples read the token or the client secret from environment variables. The [quick start](${link}) shows how to set them.`,
    deprecated: (day, link) =>
      `**This endpoint is deprecated** and may stop working after ${day}: see [Versioning and Deprecation](${link}).`,
    webhookId: (link) => `\`WEBHOOK_ID\` is an \`id\` from [List Webhooks](${link}).`,
    deliveryId: (link) => `\`DELIVERY_ID\` is an \`id\` from [List Webhook Deliveries](${link}).`,
    recorded: 'A real response, recorded from the demo.',
    fromSchema: 'An example from openapi.json.',
    recordedEmpty: 'The response has no body.',
    see: 'For all errors, see',
    errors: {
      invalid_request: {
        when: 'The request is invalid; `details` lists all errors and the allowed values',
        doThis: 'Fix the request as `details` says before you send it again.',
      },
      unsupported_grant_type: {
        when: '`grant_type` is not `client_credentials`',
        doThis: 'Send `grant_type=client_credentials`.',
      },
      invalid_scope: {
        when: 'The application does not have the requested scope, or `read:customers:pii` is requested without `read:customers`',
        doThis: 'Request only scopes that the owner has granted.',
      },
      invalid_client: {
        when: 'The client ID or secret is wrong, the secret or the application was revoked, or the owner has paused the application (`message` says so)',
        doThis:
          'Check the secret. If it was just rotated, use the new one. Otherwise, ask the owner of the shop. A paused application keeps its secret.',
      },
      invalid_token: {
        when: 'The access token is missing, malformed, expired or revoked, or the owner has paused the application',
        doThis: 'Get a new token and retry once.',
      },
      insufficient_scope: {
        when: 'The token lacks the scope that this endpoint requires; `required_scope` names it',
        doThis: 'Ask the owner to grant the scope, then get a new token.',
      },
      branch_not_allowed: {
        when: 'The branch or warehouse does not exist, or the token cannot access it',
        doThis: 'Use a `branch_id` from `GET /branches` or a `warehouse_id` from `GET /warehouses`.',
      },
      not_found: {
        when: 'The record does not exist, or the token cannot access it (identical responses)',
        doThis: 'Treat the record as deleted, or check the branches of the token with `GET /me`.',
      },
      method_not_allowed: {
        when: 'Method not allowed on this path',
        doThis: 'Use a method that the `Allow` header lists.',
      },
      conflict: {
        when: 'The current state does not allow it, for example the limit of 20 webhooks is reached',
        doThis: 'Read `message` and fix the cause before you retry.',
      },
      payload_too_large: { when: 'The request body is too large', doThis: 'Send less data per request.' },
      unsupported_media_type: {
        when: 'Unsupported `Content-Type`',
        doThis: 'Use the `Content-Type` from the page of the endpoint.',
      },
      rate_limit_exceeded: {
        when: 'Too many requests; `retry_after` and the `Retry-After` header contain the seconds to wait',
        doThis: 'Wait `retry_after` seconds, then retry.',
      },
      server_error: {
        when: 'Internal server error',
        doThis: 'Retry later. If the error persists, report the value of the `X-Request-Id` header.',
      },
      temporarily_unavailable: {
        when: 'The service is temporarily unavailable; the `Retry-After` header contains the seconds to wait',
        doThis: 'Wait `Retry-After` seconds, then retry with exponential backoff.',
      },
    },
  },
}
