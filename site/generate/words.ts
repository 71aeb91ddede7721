import type { Lang } from './contract.ts'

// The sentences of generated pages, in both languages. Headings, column names and technical terms are English on both.

export type Texts = {
  uses: string
  noScope: string
  publicly: string
  anyToken: string
  extraScope(fields: string): string
  token(link: string): string
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
  recorded: string
  fromSchema: string
  recordedEmpty: string
  errors: Record<string, { when: string; doThis: string }>
  see: string
}

export const TEXTS: Record<Lang, Texts> = {
  th: {
    uses: 'Endpoint นี้เหมาะสำหรับ:',
    noScope: 'ใช้ Access token ใดก็ได้ ไม่ต้องมี Scope เฉพาะ',
    publicly: 'ไม่ต้องใช้ Access token',
    anyToken: 'Token ใดก็ได้',
    extraScope: (fields) => `ข้อมูล PII (${fields}) ต้องการ Scope เพิ่มเติม:`,
    token: (link) => `ขอ Access token ได้ที่ [Get Access Token](${link})`,
    clientAuth: 'ส่ง `client_id` และ `client_secret` ใน form หรือใช้ HTTP Basic ก็ได้ ไม่ต้องมี Access token',
    pii: (scope) =>
      `ฟิลด์ PII (ข้อมูลติดต่อ) จะ **ไม่ปรากฏใน Response เลย** หาก Token ไม่มี Scope \`${scope}\` — ไม่ใช่ \`null\` แต่ key หายไปจาก object ทั้งหมด ส่วน \`null\` หมายถึงร้านไม่มีข้อมูลนั้น ชื่อก็เป็นข้อมูลส่วนบุคคล แต่ไม่ต้องใช้ Scope นี้`,
    piiFields: (scope) => `ฟิลด์ที่ต้องการ Scope \`${scope}\`:`,
    piiHeader: 'เมื่อฟิลด์เหล่านี้หายไป Response จะมี Header `Omitted-Fields` บอกชื่อฟิลด์และ Scope ที่ขาด เพื่อให้แยกออกจากข้อผิดพลาด',
    pagination:
      'Endpoint นี้ใช้ Cursor-based Pagination\n\nหาก `has_more` เป็น `true` ให้ส่ง `next_cursor` กลับมาใน parameter `cursor` โดยไม่ต้องส่งตัวกรองซ้ำ Cursor จำตัวกรองและ `limit` เดิมไว้ และไม่หมดอายุ',
    feed: 'Endpoint นี้อ่านต่อด้วยตำแหน่ง (Position): ส่ง `next_after` กลับมาใน parameter `after` เรื่อย ๆ หน้าที่ไม่เต็มหรือว่างยังไม่ใช่หน้าสุดท้าย หาก `has_more` เป็น `true`',
    branchFilter:
      'ผลลัพธ์มีเฉพาะสาขาที่ Token เห็น ส่ง `branch_id` ซ้ำได้ (ไม่เกิน 50 ค่า) เพื่อเลือกบางสาขา สาขาที่อยู่นอกสิทธิ์จะถูกข้ามไป และหากไม่เหลือสาขาใดเลยจะได้รายการว่าง ไม่ใช่ข้อผิดพลาด',
    branchNeeded: 'รายงานนี้ตอบ `403 branch_not_allowed` เหมือนกันทั้งกรณีที่อยู่นอกสิทธิ์ของ Token และกรณีที่ไม่มีอยู่จริง',
    days: '`from` และ `to` เป็นวันตามปฏิทินในรูป `YYYY-MM-DD` รวมทั้งสองวัน ตามเขตเวลาของธุรกิจ (ค่าเริ่มต้น `Asia/Bangkok`) หาก `from` อยู่หลัง `to` จะได้ `400`',
    variables: (link) => `ตัวอย่างอ่านค่าจากตัวแปรสภาพแวดล้อม ตั้งไว้ครั้งเดียวใน[เริ่มใช้งานใน 5 นาที](${link})`,
    recorded: 'คำตอบจริงที่บันทึกจากร้านตัวอย่าง (Demo)',
    fromSchema: 'ตัวอย่างจากสัญญา (openapi.json)',
    recordedEmpty: 'คำตอบไม่มีเนื้อหา',
    see: 'ดูความหมายของทุกข้อผิดพลาดได้ที่',
    errors: {
      invalid_request: {
        when: 'คำขอไม่ถูกต้อง `details` บอกทุกข้อที่ผิดพร้อมค่าที่ใช้ได้',
        doThis: 'แก้คำขอตาม `details` อย่าส่งซ้ำแบบเดิม',
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
        when: 'Client ID หรือ Client Secret ไม่ถูกต้อง หมดอายุ หรือแอปถูกยกเลิก',
        doThis: 'ตรวจ Secret ที่ใช้ หากเพิ่งเปลี่ยนให้ใช้ค่าใหม่ หรือติดต่อเจ้าของร้าน',
      },
      invalid_token: {
        when: 'ไม่มี Access token หรือ Token ไม่ถูกต้อง หมดอายุ หรือถูกยกเลิก',
        doThis: 'ขอ Token ใหม่แล้วลองอีกหนึ่งครั้ง',
      },
      insufficient_scope: {
        when: 'Token ไม่มี Scope ที่ Endpoint นี้ต้องการ `required_scope` บอกว่าขาดอะไร',
        doThis: 'ขอให้เจ้าของร้านเพิ่ม Scope แล้วขอ Token ใหม่',
      },
      branch_not_allowed: {
        when: 'สาขาหรือคลังอยู่นอกสิทธิ์ของ Token หรือไม่มีอยู่จริง',
        doThis: 'ใช้ `branch_id` จาก `GET /branches` หรือ `warehouse_id` จาก `GET /warehouses`',
      },
      not_found: {
        when: 'ไม่มีสิ่งนี้ หรืออยู่นอกสิทธิ์ของ Token (ตอบเหมือนกันทุกประการ)',
        doThis: 'ถือว่าถูกลบแล้ว หรือตรวจสาขาของ Token ด้วย `GET /me`',
      },
      method_not_allowed: { when: 'Path นี้ไม่รับ Method ที่ส่งมา', doThis: 'ดู Method ที่ใช้ได้ใน Header `Allow`' },
      conflict: {
        when: 'สถานะปัจจุบันไม่อนุญาต เช่น มี Webhook ครบ 20 รายการแล้ว',
        doThis: 'อ่าน `message` แล้วแก้สาเหตุก่อนส่งใหม่',
      },
      payload_too_large: { when: 'เนื้อหาของคำขอใหญ่เกินกำหนด', doThis: 'ส่งเนื้อหาให้เล็กลง' },
      unsupported_media_type: {
        when: '`Content-Type` ไม่ใช่ชนิดที่ Endpoint นี้รับ',
        doThis: 'ส่ง `Content-Type` ตามหน้าของ Endpoint',
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
        when: 'ระบบไม่พร้อมชั่วคราว Header `Retry-After` บอกจำนวนวินาทีที่ต้องรอ',
        doThis: 'รอตาม `Retry-After` แล้วส่งใหม่ โดยเว้นระยะเพิ่มขึ้นทุกครั้ง',
      },
    },
  },
  en: {
    uses: 'This endpoint is good for:',
    noScope: 'Any access token will do; no scope in particular is needed.',
    publicly: 'No access token is needed.',
    anyToken: 'any token',
    extraScope: (fields) => `Contact data (PII: ${fields}) needs one more scope:`,
    token: (link) => `Get an access token with [Get Access Token](${link}).`,
    clientAuth: 'Send `client_id` and `client_secret` in the form, or by HTTP Basic. No access token is needed.',
    pii: (scope) =>
      `Contact data (the PII fields) is **not in the response at all** unless the token has the scope \`${scope}\`: the keys are absent from every object, not \`null\`. \`null\` means that the shop does not have the value. Names are personal data too, but do not need this scope.`,
    piiFields: (scope) => `Fields that need the scope \`${scope}\`:`,
    piiHeader:
      'When they are left out, the response has a header `Omitted-Fields` that names them and the scope, so that absence is not taken for a fault.',
    pagination:
      'This endpoint uses cursor-based pagination.\n\nIf `has_more` is `true`, send `next_cursor` back as the parameter `cursor`. There is no need to repeat the filters: a cursor remembers them and the `limit`, and does not expire.',
    feed: 'This endpoint goes on by position: keep sending `next_after` back as the parameter `after`. A page that is short or empty is not the last one while `has_more` is `true`.',
    branchFilter:
      'The result has only branches that the token sees. Repeat `branch_id` (up to 50 times) to choose some of them. Branches outside the token are passed over; if none is left, the list is empty, which is no error.',
    branchNeeded:
      'This report answers `403 branch_not_allowed` alike for what is outside of the token and for what does not exist.',
    days: '`from` and `to` are calendar days, `YYYY-MM-DD`, both inclusive, in the time zone of the business (`Asia/Bangkok` by default). A `from` after `to` is a `400`.',
    variables: (link) => `The samples read environment variables; the [quick start](${link}) sets them once.`,
    recorded: 'A real answer, recorded from the demo.',
    fromSchema: 'An example made from the contract (openapi.json).',
    recordedEmpty: 'The answer has no body.',
    see: 'What every error means is on the page',
    errors: {
      invalid_request: {
        when: 'The request is wrong; `details` lists everything that is, and what is allowed',
        doThis: 'Correct the request by its `details`; do not repeat it as it was.',
      },
      unsupported_grant_type: {
        when: '`grant_type` is not `client_credentials`',
        doThis: 'Send `grant_type=client_credentials`.',
      },
      invalid_scope: {
        when: 'A scope that the application does not have, or `read:customers:pii` without `read:customers`',
        doThis: 'Ask only for scopes that the owner has granted.',
      },
      invalid_client: {
        when: 'Client id or secret are wrong or expired, or the application was revoked',
        doThis: 'Check the secret; if it was just rotated, use the new one. Otherwise ask the owner of the shop.',
      },
      invalid_token: {
        when: 'The access token is missing, malformed, expired or revoked',
        doThis: 'Get a new token and try once more.',
      },
      insufficient_scope: {
        when: 'The token lacks the scope that this endpoint needs; `required_scope` names it',
        doThis: 'Ask the owner to grant the scope, then get a new token.',
      },
      branch_not_allowed: {
        when: 'The branch or warehouse is outside of the token, or does not exist',
        doThis: 'Take `branch_id` from `GET /branches`, `warehouse_id` from `GET /warehouses`.',
      },
      not_found: {
        when: 'It does not exist, or is outside of the token; the answers are identical',
        doThis: 'Treat it as deleted, or look with `GET /me` at which branches the token sees.',
      },
      method_not_allowed: {
        when: 'The path does not answer to this method',
        doThis: 'The header `Allow` names those it answers to.',
      },
      conflict: {
        when: 'The current state does not allow it, such as a 21st webhook',
        doThis: 'Read `message`, and remove the cause before trying again.',
      },
      payload_too_large: { when: 'The body of the request is too large', doThis: 'Send less at once.' },
      unsupported_media_type: {
        when: 'The `Content-Type` is none that this endpoint reads',
        doThis: 'Send the `Content-Type` that the page of the endpoint names.',
      },
      rate_limit_exceeded: {
        when: 'Too many requests; `retry_after` and the header `Retry-After` say how many seconds to wait',
        doThis: 'Wait `retry_after` seconds, then send it again.',
      },
      server_error: {
        when: 'Something went wrong in the server',
        doThis: 'Try again later; if it persists, report the value of the header `X-Request-Id`.',
      },
      temporarily_unavailable: {
        when: 'The service is temporarily unavailable; the header `Retry-After` says how many seconds to wait',
        doThis: 'Wait `Retry-After` seconds and send it again, with longer pauses every time.',
      },
    },
  },
}
