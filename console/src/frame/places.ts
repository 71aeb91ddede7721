import type { MessageKey } from '../language/messages.ts'
import type { AccountRole } from './account.ts'

/** The places of the navigation, with the least role that sees each. */
export const PLACES: { path: string; label: MessageKey; least: AccountRole }[] = [
  { path: '/overview', label: 'Overview', least: 'viewer' },
  { path: '/applications', label: 'Applications', least: 'viewer' },
  { path: '/webhooks', label: 'Webhooks', least: 'viewer' },
  { path: '/requests', label: 'Request log', least: 'viewer' },
  { path: '/disclosures', label: 'Who saw personal data', least: 'admin' },
  { path: '/rights', label: "Customers' rights", least: 'admin' },
  { path: '/data', label: 'Data', least: 'viewer' },
  { path: '/import', label: 'Import a file', least: 'admin' },
  { path: '/business', label: 'Business', least: 'viewer' },
  { path: '/members', label: 'Members', least: 'admin' },
  { path: '/audit-log', label: 'Audit log', least: 'admin' },
]
