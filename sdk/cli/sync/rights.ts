import type { Me } from '../../src/generated/schemas.ts'

/** The rights that determine the content of a copy. When they change, all lists are walked again. */
export type CopyRights = {
  business_id: string
  application_id: string
  scopes: string[]
  branches: string[]
  history_days: number
}

export const copyRights = ({ business, application, scopes, branches, history_days }: Me): CopyRights => ({
  business_id: business.id,
  application_id: application.id,
  scopes: scopes.toSorted(),
  branches: branches.map(({ id }) => id).toSorted(),
  history_days,
})

export const sameRights = (one: CopyRights, other: CopyRights): boolean => JSON.stringify(one) === JSON.stringify(other)

export const sees = ({ scopes }: CopyRights, scope: string | null): boolean => scope === null || scopes.includes(scope)

/** Returns the calendar day a number of days before now in this time zone. */
export function dayBefore(days: number, timeZone: string, now: number): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    now - days * 86_400_000,
  )
}
