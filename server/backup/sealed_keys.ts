import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Config, key } from '../config.ts'
import { StartError } from '../db/start_error.ts'

// The secret key in a backup: encrypted by AES-256-GCM under a key that scrypt derives from a passphrase.

/** keys.json of a backup. Bytes are in base64. */
type SealedKeys = {
  kdf: 'scrypt'
  n: number
  r: number
  p: number
  salt: string
  nonce: string
  sealed: string
  tag: string
}

/** 128 MiB of memory and about half a second for each guess. */
const COST = { n: 2 ** 17, r: 8, p: 1 }
const MEMORY_MAX = 256 * 2 ** 20
export const PASSPHRASE_MIN = 12

export async function sealKeys(secretKey: Buffer, passphrase: string): Promise<SealedKeys> {
  const [salt, nonce] = [randomBytes(16), randomBytes(12)]
  const cipher = createCipheriv('aes-256-gcm', await derived(passphrase, salt, COST), nonce)
  const sealed = Buffer.concat([cipher.update(secretKey), cipher.final()])
  const text = (bytes: Buffer) => bytes.toString('base64')
  return {
    kdf: 'scrypt',
    ...COST,
    salt: text(salt),
    nonce: text(nonce),
    sealed: text(sealed),
    tag: text(cipher.getAuthTag()),
  }
}

/** @throws StartError if the passphrase is wrong */
export async function openKeys(keys: object, passphrase: string): Promise<Buffer> {
  const { n, r, p, salt, nonce, sealed, tag } = keys as SealedKeys
  const bytes = (text: string) => Buffer.from(text, 'base64')
  try {
    const derivedKey = await derived(passphrase, bytes(salt), { n, r, p })
    const decipher = createDecipheriv('aes-256-gcm', derivedKey, bytes(nonce), { authTagLength: 16 })
    decipher.setAuthTag(bytes(tag))
    return Buffer.concat([decipher.update(bytes(sealed)), decipher.final()])
  } catch {
    throw new StartError('The passphrase is wrong, or the keys in the backup were changed.')
  }
}

const derived = (passphrase: string, salt: Buffer, { n, r, p }: typeof COST): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const options = { N: n, r, p, maxmem: MEMORY_MAX }
    scrypt(passphrase.normalize('NFKC'), salt, 32, options, (error, bytes) => (error ? reject(error) : resolve(bytes)))
  })

export const keyFile = ({ dataDir }: Pick<Config, 'dataDir'>): string => join(dataDir, 'secret.key')

/** Returns the secret key of the configuration or of the embedded database, or null if there is none yet. */
export async function existingKey(config: Pick<Config, 'secretKey' | 'dataDir'>): Promise<Buffer | null> {
  if (config.secretKey) return config.secretKey
  try {
    return key((await readFile(keyFile(config), 'utf8')).trim()) ?? null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
