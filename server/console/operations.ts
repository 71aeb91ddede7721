import type { Operation } from '../contract/operation.ts'
import type { WebhookParts } from '../webhooks/subscriptions/operations.ts'
import { type ApplicationParts, applicationOperations } from './applications/operations.ts'
import { businessOperations } from './business/operations.ts'
import { type ImportParts, importOperations } from './imports/operations.ts'
import { memberOperations } from './members/operations.ts'
import { type MonitoringParts, monitoringOperations } from './monitoring/operations.ts'
import { type LedgerParts, ledgerOperations } from './personal_data/ledger_operations.ts'
import { type RightsParts, rightsOperations } from './personal_data/rights_operations.ts'
import { meOperations } from './sign_in/me.ts'
import { type SignInParts, signInOperations } from './sign_in/operations.ts'
import { type PasskeyParts, passkeyOperations } from './sign_in/passkey_operations.ts'
import { consoleWebhookOperations } from './webhooks/operations.ts'

/** Parts of the server that the operations of the console use. */
export type ConsoleParts = SignInParts &
  ApplicationParts &
  MonitoringParts &
  Omit<LedgerParts, 'titleOf'> &
  PasskeyParts &
  RightsParts &
  ImportParts & { webhooks: WebhookParts }

/** Returns the operations of the console. */
export function consoleOperations(parts: ConsoleParts): Operation[] {
  // The ledger names what applications and members called.
  const titleOf: LedgerParts['titleOf'] = (id) => titles.get(id)
  const operations: Operation[] = [
    ...signInOperations(parts),
    ...passkeyOperations(parts),
    ...meOperations,
    ...businessOperations,
    ...memberOperations(parts),
    ...applicationOperations(parts),
    ...monitoringOperations(parts),
    ...ledgerOperations({ ...parts, titleOf }),
    ...rightsOperations(parts),
    ...consoleWebhookOperations(parts.webhooks),
    ...importOperations(parts),
  ]
  const titles = new Map([...parts.callable, ...operations].map(({ id, summary }) => [id, summary]))
  return operations
}
