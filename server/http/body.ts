import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Body } from '../contract/operation.ts'
import { Problem } from '../contract/problem.ts'
import { BODY_GRACE_MS, BODY_MIN_BYTES_PER_S } from '../limits.ts'
import { joinedInTurns } from '../time_slice.ts'

/** Counts the bytes of bodies in memory. */
export type BodyBytes = {
  /** Reserves bytes. Returns false if the limit is reached. */
  take(bytes: number): boolean
}

/**
 * Receives a body as sent; a compressed body stays compressed, and counts by its compressed size.
 *
 * @throws Problem `payload_too_large`, `unsupported_media_type`, `temporarily_unavailable` (bodies in memory reached their
 * limit), or `invalid_request` if the body breaks off or arrives too slowly
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
    // The remaining data is discarded, and the connection is closed after the answer.
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
  // `close` also follows `end`; then the promise is already settled.
  payload.on('close', () => {
    clearInterval(watch)
    if (!payload.readableEnded) reject(brokenOff('The request body broke off'))
  })
  return promise
}

/**
 * Decompresses a gzip body. Output bytes are counted as they arrive, so a small body that expands to a gigabyte costs no
 * more than the limit.
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

/** Returns the coding of the body; null for a coding that the server does not support. */
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
  new Problem('temporarily_unavailable', 'Too many request bodies are in memory; try again shortly', CLOSE)

const tooLargeFor = (maxBytes: number, mayBePacked: boolean) =>
  new Problem(
    'payload_too_large',
    `The request body must be at most ${maxBytes} bytes${mayBePacked ? ' after decompression' : ''}`,
    CLOSE,
  )

/** 400 for a body that breaks off or cannot be decompressed. */
export const brokenOff = (message: string) => new Problem('invalid_request', message, { details: [], ...CLOSE })
