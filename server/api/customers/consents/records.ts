import { CHANGED, type Mistake, RecordKind, type Values } from '../../../contract/record_kind.ts'
import { CLOCK_AHEAD_MAX_MS, CONSENTS_OF_CUSTOMER_MAX } from '../../../limits.ts'
import { Consent } from './schema.ts'

export const consents = RecordKind({
  path: 'consents',
  named: { th: 'ความยินยอม', en: 'consents' },
  resource: Consent,
  fixed: ['customer_id'],
  references: { customer_id: 'customers' },
  deletedWith: { field: 'customer_id', most: CONSENTS_OF_CUSTOMER_MAX },
  ...CHANGED,
  event: 'consent',
  check: futureMistakes,
})

/** A statement of the future would stay the latest one, whatever the customer says until then. */
function futureMistakes({ occurred_at, updated_at }: Values): Mistake[] {
  const latest = Date.parse(updated_at as string) + CLOCK_AHEAD_MAX_MS
  return Date.parse(occurred_at as string) <= latest
    ? []
    : [{ field: 'occurred_at', message: 'must not be more than 5 minutes after updated_at' }]
}
