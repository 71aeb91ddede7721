import { ExternalId } from '../../contract/external_id.ts'
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
  unique: ['customer_code'],
  // The page "List Customers" fixes the object that partners see. Tills often use a phone number as their id of a customer, so
  // this id is contact data as well: it is stored and compared, and shown to nobody.
  sentOnly: { external_id: ExternalId('MEMBER-00380') },
  event: 'customer',
})
