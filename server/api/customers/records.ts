import { RecordKind } from '../../contract/record_kind.ts'
import { UNPAGED_MAX } from '../../limits.ts'
import { Customer, MembershipTier } from './schema.ts'

export const membershipTiers = RecordKind({
  path: 'membership-tiers',
  named: { th: 'ระดับสมาชิก', en: 'membership tiers' },
  resource: MembershipTier,
  most: UNPAGED_MAX,
  check: ({ rank }) =>
    Math.abs(rank as number) <= RANK_MAX
      ? []
      : [{ field: 'rank', message: `must be from -${RANK_MAX} to ${RANK_MAX}` }],
})

/** Thirty-one bits. */
const RANK_MAX = 2_147_483_647

export const customers = RecordKind({
  path: 'customers',
  named: { th: 'ลูกค้า', en: 'customers' },
  resource: Customer,
  references: { membership_tier_id: 'membership_tiers' },
  unique: 'customer_code',
  event: 'customer',
})
