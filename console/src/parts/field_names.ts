import type { MessageKey } from '../language/messages.ts'
import type { Text } from '../language/text.ts'

/** What the forms call the fields of the operations. */
const NAMES: Record<string, MessageKey> = {
  branch_ids: 'Branches',
  bytes: 'Size of the file in bytes',
  contact: 'Whom to ask about it',
  customer_id: 'Customer',
  email: 'Email address',
  from_position: 'First event that is sent again',
  from_time: 'From',
  history_days: 'Days of sales that it can read',
  kind: 'Kind',
  language: 'Language of new members and of pages for customers',
  legal_basis: 'Legal basis',
  name: 'Name',
  new_password: 'New password',
  password: 'Password',
  purpose: 'Purpose',
  rate_per_second: 'Requests per second',
  requests_kept_days: 'Days that the request log is kept',
  resource: 'What is in the file',
  role: 'Role',
  scopes: 'May see',
  sequence: 'Number of the entry',
  state: 'State',
  status: 'State',
  to_position: 'Last event that is sent again',
}

/** Returns the name of a field as the forms have it; its technical name if no form has it. */
export const fieldName = (field: string, t: Text): string => {
  const known = NAMES[field]
  return known === undefined ? field : t(known)
}
