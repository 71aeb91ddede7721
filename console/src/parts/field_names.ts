import type { MessageKey } from '../language/messages.ts'
import type { Text } from '../language/text.ts'

/** What the forms call the fields of the operations. */
const NAMES: Record<string, MessageKey> = {
  branch_ids: 'Branches',
  contact: 'Whom to ask about it',
  customer_id: 'Customer',
  email: 'Email address',
  from_time: 'From',
  history_days: 'Days of sales that it can read',
  kind: 'Kind',
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
}

/** Returns the name of a field as the forms have it; its technical name if no form has it. */
export const fieldName = (field: string, t: Text): string => {
  const known = NAMES[field]
  return known === undefined ? field : t(known)
}
