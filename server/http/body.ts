import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Body } from '../contract/operation.ts'
import { Problem } from '../contract/problem.ts'
import { BODY_GRACE_MS, BODY_MIN_BYTES_PER_S } from '../limits.ts'
import { joinedInTurns } from '../time_slice.ts'

/** How the bytes of a body are counted while they are held. */
export type BodyBytes = {
  /** False if so many bytes more may not be held now. */
  take(bytes: number): boolean
}

/**
 * Receives a body as it was sent, packed or not. A packed body that is held back costs no more than what was sent of it.
 *
 * @throws Problem `payload_too_large`, `unsupported_media_type`, `temporarily_unavailable` (too many bytes are held), or
 *   `invalid_request` if it breaks off or comes too slowly
 */
export function receiveBody(
  request: IncomingMessage,
  payload: Readable,
  { maxBytes, mayBePacked }: { maxBytes: number; mayBePacked: boolean },
  held: BodyBytes,
): Promise<Buffer> {
  if (mayBePacked && packingOf(request) === null)
    return Promise.reject(new Problem('unsupported_media_type', 'The Content-Encoding must be gzip or identity'))
  const tooLarge = () => tooLargeFor(maxBytes, mayBePacked)
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge())

  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const pieces: Buffer[] = []
  let size = 0
  const startedAt = performance.now()
  let lastAt = startedAt
  const watch = setInterval(() => {
    const now = performance.now()
    const expected = ((now - startedAt - BODY_GRACE_MS) / 1000) * BODY_MIN_BYTES_PER_S
    if (now - lastAt > BODY_GRACE_MS || size < expected) refuse(brokenOff(TOO_SLOW))
  }, BODY_LOOKED_AT_MS)
  const refuse = (problem: Problem) => {
    clearInterval(watch)
    payload.removeAllListeners('data')
    // What is still coming is discarded, and the connection is closed after the answer.
    payload.resume()
    reject(problem)
  }
  payload.on('data', (piece: Buffer) => {
    size += piece.length
    lastAt = performance.now()
    if (size > maxBytes) return refuse(tooLarge())
    if (!held.take(piece.length)) return refuse(tooManyHeld())
    pieces.push(piece)
  })
  payload.on('end', () => {
    clearInterval(watch)
    joinedInTurns(pieces, size).then(resolve, reject)
  })
  payload.on('error', () => refuse(brokenOff('The request body broke off')))
  // Also after the end; then it says nothing new.
  payload.on('close', () => {
    clearInterval(watch)
    if (!payload.readableEnded) reject(brokenOff('The request body broke off'))
  })
  return promise
}

/**
 * Unpacks a body if it was sent as gzip. The bytes are counted as they come, so a small body that unpacks to a gigabyte
 * costs no more than the limit.
 *
 * @throws Problem `payload_too_large`, `temporarily_unavailable`, or `invalid_request` if it is not valid gzip
 */
export function unpackBody(
  request: IncomingMessage,
  bytes: Buffer,
  { maxBytes }: Pick<Body, 'maxBytes'>,
  held: BodyBytes,
): Promise<Buffer> | Buffer {
  if (packingOf(request) !== 'gzip') return bytes
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const gunzip = createGunzip({ chunkSize: UNPACKED_PIECE_BYTES })
  const pieces: Buffer[] = []
  let size = 0
  const refuse = (problem: Problem) => {
    gunzip.destroy()
    reject(problem)
  }
  gunzip.on('data', (piece: Buffer) => {
    size += piece.length
    if (size > maxBytes) return refuse(tooLargeFor(maxBytes, true))
    if (!held.take(piece.length)) return refuse(tooManyHeld())
    pieces.push(piece)
  })
  gunzip.on('end', () => joinedInTurns(pieces, size).then(resolve, reject))
  gunzip.on('error', () => refuse(brokenOff('The request body is not valid gzip')))
  gunzip.end(bytes)
  return promise
}

/** Returns how the body is packed; null if it is in a way that we do not unpack. */
function packingOf({ headers }: IncomingMessage): 'gzip' | 'identity' | null {
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity'
  if (encoding === 'gzip' || encoding === 'x-gzip') return 'gzip'
  return encoding === 'identity' ? 'identity' : null
}

const BODY_LOOKED_AT_MS = 500
const UNPACKED_PIECE_BYTES = 64 * 1024

const CLOSE = { headers: { Connection: 'close' } }

const TOO_SLOW = `The request body arrives too slowly; send at least ${BODY_MIN_BYTES_PER_S / 1024} KiB a second`

const tooManyHeld = () =>
  new Problem('temporarily_unavailable', 'The server holds as many request bodies as it can; try again shortly', CLOSE)

const tooLargeFor = (maxBytes: number, mayBePacked: boolean) =>
  new Problem(
    'payload_too_large',
    `The request body must be at most ${maxBytes} bytes${mayBePacked ? ', unpacked' : ''}`,
    CLOSE,
  )

/** 400 for a body that ends too early or cannot be unpacked. */
export const brokenOff = (message: string) => new Problem('invalid_request', message, { details: [], ...CLOSE })
