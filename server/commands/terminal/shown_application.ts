import type { Application } from '../../oauth/applications.ts'
import { print } from './terminal.ts'

// How commands show applications.

/** Returns the JSON form of an application; demo.json uses the same names. */
export const applicationJson = (application: Application, clientSecret?: string) => ({
  id: application.id,
  business_id: application.business_id,
  name: application.name,
  kind: application.kind,
  client_id: application.client_id,
  ...(clientSecret !== undefined && { client_secret: clientSecret }),
  scopes: application.scopes,
  branch_ids: application.branch_ids,
  rate_requests: application.rate_requests,
  rate_per_second: application.rate_per_second,
  history_days: application.history_days,
  purpose: application.purpose,
  legal_basis: application.legal_basis,
  contact: application.contact,
  created_at: application.created_at,
  revoked_at: application.revoked_at,
  paused_at: application.paused_at,
  last_used_at: application.last_used_at,
  secrets: application.secrets,
})

/** Prints an application with the last use of each of its secrets. */
export function printApplication(application: Application): void {
  const { name, kind, client_id, scopes, branch_ids, rate_requests, rate_per_second, history_days } = application
  const { purpose, legal_basis, contact, revoked_at, paused_at } = application
  const state = revoked_at
    ? `, revoked at ${revoked_at.toISOString()}`
    : paused_at
      ? `, paused since ${paused_at.toISOString()}`
      : ''
  print(`${name} (${kind}${state})`)
  print(`  client_id  ${client_id}`)
  print(`  scopes     ${scopes.join(' ')}`)
  print(`  branches   ${branch_ids === null ? 'all, including future ones' : branch_ids.join(' ')}`)
  print(`  rate       burst of ${rate_requests} requests, then ${rate_per_second} per second`)
  print(`  history    ${history_days} days`)
  const readsCustomers = scopes.includes('read:customers')
  if (purpose !== null || readsCustomers) print(`  purpose    ${purpose ?? 'not stated (talad app edit --purpose)'}`)
  if (legal_basis !== null || readsCustomers)
    print(`  basis      ${legal_basis ?? 'not stated (talad app edit --legal-basis)'}`)
  if (contact !== null) print(`  contact    ${contact}`)
  print(`  last used  ${application.last_used_at?.toISOString() ?? 'never'}`)
  for (const { id, hint, last_used_at, last_used_address } of application.secrets) {
    const use = last_used_at ? `last used ${last_used_at.toISOString()} from ${last_used_address}` : 'never used'
    print(`  secret     ${id}  ${hint}…  ${use}`)
  }
}

/** Returns the warning about applications that read customers without a purpose or a legal basis. */
export function unstatedLine(names: readonly string[]): string {
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : ''
  const verb = names.length === 1 ? 'reads' : 'read'
  return `${names.slice(0, NAMED_MAX).join(', ')}${more} ${verb} customers without a purpose and a legal basis, so the record of processing is incomplete: talad app edit <application> --purpose <text> --legal-basis <text>`
}

const NAMED_MAX = 5
