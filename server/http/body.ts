import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Problem } from './problem.ts'
import type { JsonSchema } from './schema.ts'

/** What an operation takes in its body, beside forms: which types, how much, and what is read of it. */
export type Body<T = unknown> = {
  /** Media types, and what the document says of each; and the schemas that it names for that. */
  types: Record<string, JsonSchema>
  schemas: Record<string, JsonSchema>
  /** After unpacking: `Content-Encoding: gzip` is welcome. */
  maxBytes: number
  /** Whether it may be left out, and is then what `{}` would be. */
  isOptional?: boolean
  /** Called before anything of the operation runs. @throws Problem */
  read(bytes: Buffer, about: { type: string; now: Date; query: unknown }): Promise<T>
}

/** How many bytes may be held at once, by all requests together. */
export type Budget = { take(bytes: number): boolean; give(bytes: number): void }

export function budgetOf(most: number): Budget {
  let taken = 0
  return {
    take(bytes) {
      if (taken + bytes > most) return false
      taken += bytes
      return true
    },
    give(bytes) {
      taken -= bytes
    },
  }
}

/**
 * Takes a body in, unpacked. It is measured while it is unpacked, so that a small one that grows large costs no more
 * than the limit.
 *
 * @param onTaken told of every piece that is held from now on
 * @throws Problem `payload_too_large`, `unsupported_media_type`, `temporarily_unavailable` (the budget is spent), or
 *   `invalid_request` if it breaks off
 */
export function takeBody(
  request: IncomingMessage,
  payload: Readable,
  { maxBytes }: Pick<Body, 'maxBytes'>,
  budget: Budget,
  onTaken: (bytes: number) => void,
): Promise<Buffer> {
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity'
  const isPacked = encoding === 'gzip' || encoding === 'x-gzip'
  if (!isPacked && encoding !== 'identity')
    return Promise.reject(new Problem('unsupported_media_type', 'The Content-Encoding must be gzip or identity'))
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge(maxBytes))

  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const unpacked: Readable = isPacked ? payload.pipe(createGunzip()) : payload
  const pieces: Buffer[] = []
  let size = 0
  const refuse = (problem: Problem) => {
    payload.unpipe()
    unpacked.removeAllListeners('data')
    // What is still coming is let go by, and the connection closed behind the answer.
    payload.resume()
    reject(problem)
  }
  unpacked.on('data', (piece: Buffer) => {
    size += piece.length
    if (size > maxBytes) return refuse(tooLarge(maxBytes))
    if (!budget.take(piece.length))
      return refuse(
        new Problem('temporarily_unavailable', 'The server holds as many bodies as it can; try again shortly'),
      )
    onTaken(piece.length)
    pieces.push(piece)
  })
  unpacked.on('end', () => resolve(Buffer.concat(pieces)))
  unpacked.on('error', () => refuse(brokenOff('The request body is not valid gzip')))
  payload.on('error', () => reject(brokenOff('The request body broke off')))
  // Also after the end; then it says nothing new.
  payload.on('close', () => {
    if (!payload.readableEnded) reject(brokenOff('The request body broke off'))
  })
  return promise
}

const CLOSE = { headers: { Connection: 'close' } }

const tooLarge = (maxBytes: number) =>
  new Problem('payload_too_large', `The request body must be at most ${maxBytes} bytes, unpacked`, CLOSE)

/** 400 for a body that ends too early or cannot be unpacked. */
export const brokenOff = (message: string) => new Problem('invalid_request', message, { details: [], ...CLOSE })
