import { NO_BODY } from '../../contract/members.ts'
import { IdParameter, Required } from '../../contract/parameters.ts'

// The parts that operations under /webhooks have in common.

export const ON_WEBHOOKS = { tag: 'Webhooks', scope: 'read:webhooks' } as const

/** An operation on one webhook. */
export const ON_WEBHOOK = {
  ...ON_WEBHOOKS,
  params: { id: Required(IdParameter('ID ของ Webhook', 'Webhook ID', '8f14e45f-ceea-467f-a1d0-3b7c2e9d5a61')) },
}

/** An action on one webhook: a POST without a body. */
export const WEBHOOK_ACTION = { ...ON_WEBHOOK, method: 'POST', body: NO_BODY } as const
