import { ExternalId } from '../../contract/external_id.ts'
import { RecordKind } from '../../contract/record_kind.ts'
import { TEXT_MAX_LENGTH, UNPAGED_MAX } from '../../limits.ts'
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
  inFiles: {
    key: 'customer_code',
    blank: {
      ...{ total_points: '0', available_points: '0', total_spent: '0', total_visits: '0' },
      ...{ is_active: 'true', is_verified: 'false' },
    },
    either: ['full_name', 'first_name'],
    complete(row) {
      const { full_name, first_name, last_name } = row
      if (typeof full_name !== 'string' && typeof first_name === 'string')
        row.full_name = [first_name, last_name].filter((name) => typeof name === 'string').join(' ')
      if (typeof first_name !== 'string' && typeof full_name === 'string')
        row.first_name = full_name.trim().split(/\s+/)[0]?.slice(0, TEXT_MAX_LENGTH) ?? full_name
    },
  },
  event: 'customer',
})
