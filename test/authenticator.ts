import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto'

// An authenticator in software, as WebAuthn describes it (level 3, §6): ES256, without attestation.

type Ceremony = { origin: string; host: string; challenge: string; isVerified?: boolean }

const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest()
const base64url = (data: Buffer | string): string => Buffer.from(data).toString('base64url')

/** Makes an authenticator with one passkey. */
export function authenticator() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const credentialId = randomBytes(32)
  let counter = 0

  function dataOf({ host, isVerified = true }: Ceremony, attested: Buffer): Buffer {
    const flags = 0x01 | (isVerified ? 0x04 : 0) | (attested.length > 0 ? 0x40 : 0)
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    return Buffer.concat([sha256(host), Buffer.from([flags]), count, attested])
  }

  const clientData = (type: string, { challenge, origin }: Ceremony) =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))

  return {
    credentialId: base64url(credentialId),
    /** Sets how often it says that it was used. */
    countTo(count: number): void {
      counter = count
    },
    /** Answers a request to make a passkey. */
    made(told: Ceremony): string {
      const key = Buffer.concat([
        Buffer.from('a50102032620012158', 'hex'),
        Buffer.from([32]),
        Buffer.from(x, 'base64url'),
        Buffer.from('225820', 'hex'),
        Buffer.from(y, 'base64url'),
      ])
      const length = Buffer.from([0, credentialId.length])
      const data = dataOf(told, Buffer.concat([Buffer.alloc(16), length, credentialId, key]))
      const attestation = Buffer.concat([
        Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746158', 'hex'),
        Buffer.from([data.length]),
        data,
      ])
      return JSON.stringify({
        ...{
          id: base64url(credentialId),
          rawId: base64url(credentialId),
          type: 'public-key',
          clientExtensionResults: {},
        },
        response: {
          clientDataJSON: base64url(clientData('webauthn.create', told)),
          attestationObject: base64url(attestation),
          transports: ['internal'],
        },
      })
    },
    /** Answers a request to use the passkey. */
    used(told: Ceremony, as = base64url(credentialId)): string {
      counter += 1
      const data = dataOf(told, Buffer.alloc(0))
      const client = clientData('webauthn.get', told)
      const signature = createSign('sha256')
        .update(Buffer.concat([data, sha256(client)]))
        .sign(privateKey)
      return JSON.stringify({
        ...{ id: as, rawId: as, type: 'public-key', clientExtensionResults: {} },
        response: {
          clientDataJSON: base64url(client),
          authenticatorData: base64url(data),
          signature: base64url(signature),
        },
      })
    },
  }
}
