import { randomBytes } from 'node:crypto'
import type { Runner } from '../../db/database.ts'
import type { Library } from '../sign_in/library.ts'
import { addMember } from './membership.ts'

/** Returns a function that creates the owner of the demo business, with a random password. */
export const demoOwner =
  (library: () => Promise<Library>) =>
  async (tx: Runner, businessId: string, now: Date): Promise<{ email: string; password: string }> => {
    const { password: passwords } = await (await library()).$context
    const [email, password] = ['owner@example.com', randomBytes(12).toString('base64url')]
    const passwordHash = await passwords.hash(password)
    await addMember(tx, { businessId, email, name: 'เจ้าของร้าน', role: 'owner', passwordHash }, now)
    return { email, password }
  }
