import { randomBytes } from 'node:crypto'
import { RESET_VALID_MS } from '../../contract/console_limits.ts'
import type { Library } from '../sign_in/library.ts'

/** Returns the token of a link with which a person chooses a password, once, within a day. Earlier links stay valid. */
export async function createPasswordLink({ $context }: Library, userId: string, now: Date): Promise<string> {
  const token = randomBytes(24).toString('base64url')
  const { internalAdapter } = await $context
  await internalAdapter.createVerificationValue({
    // As the library's own request for a new password does.
    identifier: `reset-password:${token}`,
    value: userId,
    expiresAt: new Date(now.getTime() + RESET_VALID_MS),
  })
  return token
}
