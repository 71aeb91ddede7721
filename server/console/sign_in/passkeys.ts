import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { PASSKEY_CHALLENGE_MS, PASSKEYS_MAX } from '../../contract/console_limits.ts'
import { Problem } from '../../contract/problem.ts'
import { arrayText } from '../../db/arrays.ts'
import { atomically, type Runner } from '../../db/database.ts'
import { Refusal } from '../../oauth/applications.ts'

// Passkeys (WebAuthn level 3), with the library @simplewebauthn/server. It verifies signatures; what it must compare with is here.
//
// Actors: the browser of a member, and an authenticator that verifies the person (a fingerprint, a face or a PIN).
//
// Guarantees: a challenge has 32 random bytes, is stored as a hash, and is deleted when it is answered, whether the answer is
// valid or not. It is bound to what it was made for, and to the session that asked, except for a sign-in. An answer must name
// the origin of this server and the host as relying party, and say that the authenticator has verified the person. A counter
// that does not go up is rejected; of two answers at once with the same counter, one is.
//
// Not guaranteed: authenticators that do not count (most phones) cannot be told from a copy.

const library = () => import('@simplewebauthn/server')

/** Where a passkey belongs to: the origin of the pages, and their host. */
export type Site = { origin: string; host: string }

/**
 * Returns the site of a request. Browsers make passkeys for host names only.
 *
 * @param origin what the browser says, if it is one of this server
 * @throws Problem `conflict` for an address such as 127.0.0.1
 */
export function siteOf(publicUrl: string, origin: string | undefined, isOwn: (origin: string) => boolean): Site {
  const url = new URL(origin !== undefined && isOwn(origin) ? origin : publicUrl)
  if (/^[\d.]+$|^\[/.test(url.hostname))
    throw new Problem('conflict', 'Passkeys need a host name: open the console at its name instead of an IP address.')
  return { origin: url.origin, host: url.hostname }
}

/** EdDSA, ES256 and RS256 (RFC 9053, RFC 8812). The defaults of the library include one that Node calls experimental. */
const ALGORITHMS = [-8, -7, -257]

type ChallengePurpose = 'register' | 'sign_in' | 'proof'

/** @property sessionId null for a sign-in */
export type AskedFor = { purpose: ChallengePurpose; sessionId: string | null }

async function newChallenge(db: Runner, { purpose, sessionId }: AskedFor, now: Date): Promise<Buffer> {
  const challenge = randomBytes(32)
  const until = new Date(now.getTime() + PASSKEY_CHALLENGE_MS)
  await db`
    insert into passkey_challenges (hash, purpose, session_id, expires_at)
    values (${hashOfChallenge(challenge.toString('base64url'))}, ${purpose}, ${sessionId}, ${until})`
  return challenge
}

/** Returns a function that takes a challenge away, and tells whether it was open. */
const taker =
  (db: Runner, { purpose, sessionId }: AskedFor, now: Date) =>
  async (challenge: string): Promise<boolean> => {
    const [taken] = await db<{ expires_at: Date; is_ours: boolean }[]>`
      delete from passkey_challenges where hash = ${hashOfChallenge(challenge)}
      returning expires_at, purpose = ${purpose} and session_id is not distinct from ${sessionId}::uuid as is_ours`
    return taken?.is_ours === true && taken.expires_at.getTime() > now.getTime()
  }

const hashOfChallenge = (challenge: string): Buffer => createHash('sha256').update(challenge).digest()

export type PasskeyOwner = { id: string; email: string; name: string; sessionId: string }

/** Returns what a browser needs to make a passkey. */
export async function registrationOptions(db: Runner, { host }: Site, owner: PasskeyOwner, now: Date) {
  const { generateRegistrationOptions } = await library()
  const known = await db<{ credential_id: string; transports: string[] }[]>`
    select credential_id, transports from passkeys where user_id = ${owner.id} and host = ${host}`
  return generateRegistrationOptions({
    rpName: 'Talad',
    rpID: host,
    userName: owner.email,
    userDisplayName: owner.name,
    userID: Uint8Array.from(Buffer.from(owner.id)),
    challenge: Uint8Array.from(await newChallenge(db, { purpose: 'register', sessionId: owner.sessionId }, now)),
    attestationType: 'none',
    supportedAlgorithmIDs: ALGORITHMS,
    excludeCredentials: known.map(({ credential_id, transports }) => ({ id: credential_id, transports })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
}

export type PasskeyEntry = { id: string; name: string; created_at: Date; last_used_at: Date | null }

/** Stores the passkey that a browser has made. @param also runs in the transaction @returns null if its answer is not valid */
export async function addPasskey(
  db: Runner,
  site: Site,
  owner: PasskeyOwner,
  { name, answer }: { name: string; answer: string },
  now: Date,
  also: (tx: Runner) => Promise<void>,
): Promise<PasskeyEntry | null> {
  const { verifyRegistrationResponse } = await library()
  const asked = { purpose: 'register', sessionId: owner.sessionId } as const
  const verified = await orNull(() =>
    verifyRegistrationResponse({
      response: JSON.parse(answer) as RegistrationResponseJSON,
      expectedChallenge: taker(db, asked, now),
      expectedOrigin: site.origin,
      expectedRPID: site.host,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    }),
  )
  if (!verified?.verified) return null
  const { credential } = verified.registrationInfo
  return atomically(db, async (tx) => {
    await tx`select from auth_users where id = ${owner.id} for update`
    const own = await tx`select from passkeys where user_id = ${owner.id}`
    if (own.length >= PASSKEYS_MAX) throw new Refusal(`A member has at most ${PASSKEYS_MAX} passkeys.`)
    const [made] = await tx<PasskeyEntry[]>`
      insert into passkeys (id, user_id, credential_id, public_key, counter, transports, host, name, created_at)
      values (${randomUUID()}, ${owner.id}, ${credential.id}, ${Buffer.from(credential.publicKey)}, ${credential.counter},
              ${arrayText(credential.transports ?? [])}::text::text[], ${site.host}, ${name}, ${now})
      on conflict (credential_id) do nothing returning id, name, created_at, last_used_at`
    if (made) await also(tx)
    return made ?? null
  })
}

/** Returns what a browser needs to use a passkey. @param userId whose passkeys; null: whichever the person chooses */
export async function useOptions(db: Runner, { host }: Site, asked: AskedFor, userId: string | null, now: Date) {
  const { generateAuthenticationOptions } = await library()
  const own =
    userId === null
      ? []
      : await db<{ credential_id: string; transports: string[] }[]>`
          select credential_id, transports from passkeys where user_id = ${userId} and host = ${host}`
  return generateAuthenticationOptions({
    rpID: host,
    challenge: Uint8Array.from(await newChallenge(db, asked, now)),
    userVerification: 'required',
    allowCredentials: own.map(({ credential_id, transports }) => ({ id: credential_id, transports: transports as [] })),
  })
}

type StoredPasskey = { id: string; user_id: string; public_key: Buffer; counter: string; transports: string[] }

/**
 * Verifies that a browser has used a passkey.
 *
 * @param userId whose passkey it must be; null: anybody's
 * @returns whose it is, or null if the answer is not valid
 */
export async function verifyUse(
  db: Runner,
  site: Site,
  { asked, userId, answer }: { asked: AskedFor; userId: string | null; answer: string },
  now: Date,
): Promise<string | null> {
  const { verifyAuthenticationResponse } = await library()
  const take = taker(db, asked, now)
  const response = await orNull(async () => JSON.parse(answer) as AuthenticationResponseJSON)
  const [passkey] = await db<StoredPasskey[]>`
    select id, user_id, public_key, counter, transports from passkeys
    where credential_id = ${String(response?.id ?? '')} and host = ${site.host}
      and (${userId}::uuid is null or user_id = ${userId})`
  if (!response) return null
  const verified = await orNull(() =>
    verifyAuthenticationResponse({
      response,
      expectedChallenge: take,
      expectedOrigin: site.origin,
      expectedRPID: site.host,
      requireUserVerification: true,
      // Without a passkey, the challenge is taken all the same.
      credential: {
        id: String(response.id),
        publicKey: Uint8Array.from(passkey?.public_key ?? []),
        counter: Number(passkey?.counter ?? 0),
        transports: (passkey?.transports ?? []) as [],
      },
    }),
  )
  if (!passkey || !verified?.verified) return null
  const counted = await db`
    update passkeys set counter = ${verified.authenticationInfo.newCounter}, last_used_at = ${now}
    where id = ${passkey.id} and counter = ${passkey.counter} returning 1`
  return counted.length === 1 ? passkey.user_id : null
}

/** The library throws what is wrong with an answer. No answer of a browser is an error of ours. */
async function orNull<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if ((error as { code?: unknown; severity?: unknown }).severity !== undefined) throw error
    return null
  }
}

/** Returns the passkeys of a member, oldest first. */
export const listPasskeys = (db: Runner, userId: string): Promise<PasskeyEntry[]> =>
  db<PasskeyEntry[]>`
    select id, name, created_at, last_used_at from passkeys where user_id = ${userId} order by created_at, id`

/** Deletes a passkey of a member. @returns its name, or null if there is none */
export async function deletePasskey(tx: Runner, userId: string, id: string): Promise<string | null> {
  const [gone] = await tx<{ name: string }[]>`
    delete from passkeys where user_id = ${userId} and id = ${id} returning name`
  return gone?.name ?? null
}
