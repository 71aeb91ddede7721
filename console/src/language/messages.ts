import { frameMessages } from '../frame/messages.ts'
import { partsMessages } from '../parts/messages.ts'
import { accountMessages } from '../screens/account/messages.ts'
import { applicationsMessages } from '../screens/applications/messages.ts'
import { auditMessages } from '../screens/audit_log/messages.ts'
import { businessMessages } from '../screens/business/messages.ts'
import { dataMessages } from '../screens/data/messages.ts'
import { disclosuresMessages } from '../screens/disclosures/messages.ts'
import { importsMessages } from '../screens/imports/messages.ts'
import { membersMessages } from '../screens/members/messages.ts'
import { overviewMessages } from '../screens/overview/messages.ts'
import { requestsMessages } from '../screens/requests/messages.ts'
import { rightsMessages } from '../screens/rights/messages.ts'
import { signInMessages } from '../screens/sign_in/messages.ts'
import { webhooksMessages } from '../screens/webhooks/messages.ts'

// Every sentence of the console: English is the key, Thai the value. A key that is missing here is a type error where it is
// used. test/console_texts.test.ts finds sentences that are not here.

export const THAI = {
  ...frameMessages,
  ...partsMessages,
  ...signInMessages,
  ...membersMessages,
  ...auditMessages,
  ...applicationsMessages,
  ...accountMessages,
  ...disclosuresMessages,
  ...rightsMessages,
  ...webhooksMessages,
  ...businessMessages,
  ...importsMessages,
  ...overviewMessages,
  ...requestsMessages,
  ...dataMessages,
}

export type MessageKey = keyof typeof THAI
