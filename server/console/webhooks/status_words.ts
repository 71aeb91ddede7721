import type { Failure } from '../../webhooks/sending/send.ts'

/** Why an attempt failed, as an owner understands it. */
const REASONS: Record<Failure, { th: string; en: string }> = {
  dns: { th: 'ไม่พบชื่อของปลายทาง', en: 'the name of the endpoint cannot be resolved' },
  connect: { th: 'เชื่อมต่อปลายทางไม่ได้', en: 'the endpoint cannot be reached' },
  tls: { th: 'ใบรับรอง (TLS) ของปลายทางใช้ไม่ได้', en: 'the certificate of the endpoint is not valid' },
  timeout: { th: 'ปลายทางตอบช้าเกินไป', en: 'the endpoint answers too late' },
  redirect: { th: 'ปลายทางส่งต่อไปที่อื่น', en: 'the endpoint redirects to another address' },
  address_blocked: {
    th: 'ปลายทางอยู่ในเครือข่ายภายใน ซึ่งไม่อนุญาต',
    en: 'the endpoint is in a private network, which is not allowed',
  },
  response_too_large: { th: 'ปลายทางตอบยาวเกินไป', en: 'the response of the endpoint is too long' },
  status: { th: 'ปลายทางตอบ', en: 'the endpoint answers' },
  gone: { th: 'ปลายทางตอบ 410 คือไม่รับอีกแล้ว', en: 'the endpoint answers 410: it wants no more events' },
  not_allowed: { th: 'แอปไม่มีสิทธิ์แล้ว', en: 'the application no longer has permission' },
}

export type SubscriptionState = {
  status: 'ACTIVE' | 'PAUSED' | 'FAILING' | 'DISABLED'
  /** Whether the application is paused. */
  is_suspended: boolean
  failing_since: Date | null
  last_error: Failure | null
  last_response_status: number | null
}

/** Returns the status of a webhook in words, and since when; the page formats the time. */
export function statusWords({
  status,
  is_suspended,
  failing_since,
  last_error,
  last_response_status,
}: SubscriptionState) {
  if (is_suspended) return { th: 'ไม่ส่ง เพราะแอปถูกหยุดชั่วคราว', en: 'Not sent, because the application is paused' }
  if (status === 'PAUSED') return { th: 'หยุดชั่วคราว', en: 'Paused' }
  if (status === 'ACTIVE' && failing_since === null) return { th: 'ส่งได้ปกติ', en: 'Working' }
  const state =
    status === 'DISABLED'
      ? { th: 'หยุดส่งแล้ว เพราะส่งไม่สำเร็จติดต่อกันหลายวัน', en: 'Stopped after days of failures' }
      : { th: 'ส่งไม่สำเร็จ', en: 'Failing' }
  if (last_error === null) return state
  const code = last_error === 'status' && last_response_status !== null ? ` ${last_response_status}` : ''
  return { th: `${state.th}: ${REASONS[last_error].th}${code}`, en: `${state.en}: ${REASONS[last_error].en}${code}` }
}
