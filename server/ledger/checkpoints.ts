import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto'
import { CompactSign, compactVerify } from 'jose'
import type { Database, Runner } from '../db/database.ts'
import { ledgerHead } from './entries.ts'

// A checkpoint is a signed statement of the server: "at this time, the ledger of this business ended at this entry". Whoever
// keeps it outside can prove later that the history was rewritten or cut, also by somebody who controls the database.

/**
 * What a checkpoint states. `hash` is hexadecimal, `at` in ISO 8601; `count` is the number of entries ever written. With the
 * reason `deletion`, the entry and all before it are deleted, because their time is over.
 */
export type Checkpoint = {
  business_id: string
  sequence: number
  hash: string
  count: number
  at: string
  reason: 'end' | 'deletion'
}

/** Signs and verifies checkpoints with a key that is derived from the secret key, not stored in the database. */
export type CheckpointSigner = {
  /** Returns the compact JSON Web Signature (RFC 7515) of a checkpoint, with Ed25519 (RFC 8037). */
  sign(checkpoint: Checkpoint): Promise<string>
  /** Returns the checkpoint, or null if the signature is not of this server. */
  open(statement: string): Promise<Checkpoint | null>
  /** The public key as JWK, for others who verify. */
  publicKey: object
}

const TYPE = 'talad-checkpoint'

export function checkpointSigner(secretKey: Buffer): CheckpointSigner {
  const privateKey = ed25519Key(Buffer.from(hkdfSync('sha256', secretKey, 'talad', 'ledger-checkpoints', 32)))
  const publicKey = createPublicKey(privateKey)
  return {
    sign: (checkpoint) =>
      new CompactSign(Buffer.from(JSON.stringify(checkpoint)))
        .setProtectedHeader({ alg: 'EdDSA', typ: TYPE })
        .sign(privateKey),
    async open(statement) {
      try {
        const { payload, protectedHeader } = await compactVerify(statement.trim(), publicKey, { algorithms: ['EdDSA'] })
        return protectedHeader.typ === TYPE ? JSON.parse(Buffer.from(payload).toString()) : null
      } catch {
        return null
      }
    },
    publicKey: publicKey.export({ format: 'jwk' }),
  }
}

/** Returns the key of a seed of 32 bytes, in the form of RFC 8410 §7. */
const ed25519Key = (seed: Buffer): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })

const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Signs and stores the end of a ledger. @returns null if the ledger has no entries */
export async function makeCheckpoint(
  db: Runner,
  signer: CheckpointSigner,
  businessId: string,
  now: Date,
): Promise<{ checkpoint: Checkpoint; statement: string } | null> {
  const head = await ledgerHead(db, businessId)
  if (!head || head.sequence === 0) return null
  return storeCheckpoint(db, signer, businessId, { ...head, reason: 'end' }, now)
}

/** Signs and stores a checkpoint of one entry. */
export async function storeCheckpoint(
  db: Runner,
  signer: CheckpointSigner,
  businessId: string,
  { sequence, hash, reason }: Pick<Checkpoint, 'sequence' | 'hash' | 'reason'>,
  now: Date,
): Promise<{ checkpoint: Checkpoint; statement: string }> {
  const checkpoint = { business_id: businessId, sequence, hash, count: sequence, at: now.toISOString(), reason }
  const statement = await signer.sign(checkpoint)
  await db`
    insert into ledger_checkpoints (business_id, sequence, statement, created_at)
    values (${businessId}, ${sequence}, ${statement}, ${now})
    on conflict (business_id, sequence) do update set statement = excluded.statement, created_at = excluded.created_at
    where ${reason === 'deletion'}::boolean`
  return { checkpoint, statement }
}

/** Returns the stored checkpoint of this entry if its signature is valid, or null. */
export async function checkpointAt(
  db: Database,
  signer: CheckpointSigner,
  businessId: string,
  sequence: number,
): Promise<Checkpoint | null> {
  const [row] = await db<{ statement: string }[]>`
    select statement from ledger_checkpoints where business_id = ${businessId} and sequence = ${sequence}`
  return row ? signer.open(row.statement) : null
}
