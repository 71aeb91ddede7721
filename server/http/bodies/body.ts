import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Body } from '../../contract/operation.ts'
import { Problem } from '../../contract/problem.ts'
import { BODY_GRACE_MS, BODY_MIN_BYTES_PER_S, BODY_REST_MAX_BYTES, LINGER_MAX_BYTES, LINGER_MS } from '../../limits.ts'

/** A received body, in pieces as they arrived. */
export type ReceivedBody = { pieces: readonly Buffer[]; size: number }

/** Counts bytes of bodies for the sender of a request. */
export type BodyBytes = {
  /** Reserves memory. Returns false if the limit is reached. */
  take(bytes: number): boolean
  /** Counts received bytes. Returns a promise if the request must wait before it receives more. */
  received(bytes: number): Promise<void> | undefined
}

/**
 * Receives a body as sent; a compressed body stays compressed, and counts by its compressed size.
 *
 * @throws Problem `payload_too_large`, `unsupported_media_type`, `temporarily_unavailable` (bodies in memory reached their
 * limit), or `invalid_request` if the body is incomplete or arrives too slowly
 */
export function receiveBody(
  request: IncomingMessage,
  payload: Readable,
  { maxBytes, mayBeCompressed }: { maxBytes: number; mayBeCompressed: boolean },
  counted: BodyBytes,
): Promise<ReceivedBody> {
  if (mayBeCompressed && contentCodingOf(request) === null)
    return Promise.reject(new Problem('unsupported_media_type', 'The Content-Encoding must be gzip or identity'))
  const tooLarge = () => tooLargeFor(maxBytes, mayBeCompressed)
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge())

  const { promise, resolve, reject } = Promise.withResolvers<ReceivedBody>()
  const pieces: Buffer[] = []
  let size = 0
  // The time that the server itself lets the client wait does not count.
  let startedAt = performance.now()
  let lastAt = startedAt
  let isPaused = false
  const watch = setInterval(() => {
    const now = performance.now()
    const expected = ((now - startedAt - BODY_GRACE_MS) / 1000) * BODY_MIN_BYTES_PER_S
    if (!isPaused && (now - lastAt > BODY_GRACE_MS || size < expected)) fail(brokenOff(TOO_SLOW))
  }, BODY_LOOKED_AT_MS)
  const fail = (problem: Problem) => {
    clearInterval(watch)
    // The server decides what becomes of the rest (discardRest).
    payload.removeAllListeners('data')
    payload.pause()
    reject(problem)
  }
  const waitFor = async (turn: Promise<void>) => {
    const from = performance.now()
    isPaused = true
    payload.pause()
    await turn
    isPaused = false
    lastAt = performance.now()
    startedAt += lastAt - from
    if (payload.listenerCount('data') > 0) payload.resume()
  }
  payload.on('data', (piece: Buffer) => {
    size += piece.length
    lastAt = performance.now()
    if (size > maxBytes) return fail(tooLarge())
    if (!counted.take(piece.length)) return fail(tooManyHeld())
    pieces.push(piece)
    const turn = counted.received(piece.length)
    if (turn) void waitFor(turn)
  })
  payload.on('end', () => {
    clearInterval(watch)
    resolve({ pieces, size })
  })
  payload.on('error', () => fail(brokenOff(INCOMPLETE)))
  // `close` also follows `end`; then the promise is already settled.
  payload.on('close', () => {
    clearInterval(watch)
    if (!payload.readableEnded) reject(brokenOff(INCOMPLETE))
  })
  return promise
}

/**
 * Returns the pieces of a body, decompressed if it is gzip. A piece is decompressed when it is asked for. Output bytes are
 * counted as they come, so a small body that expands to a gigabyte costs no more than the limit.
 *
 * @throws Problem `payload_too_large`, `temporarily_unavailable`, or `invalid_request` if it is not valid gzip
 */
export async function* decompressBody(
  request: IncomingMessage,
  { pieces }: ReceivedBody,
  { maxBytes }: Pick<Body, 'maxBytes'>,
  counted: Pick<BodyBytes, 'take'>,
): AsyncGenerator<Buffer> {
  if (contentCodingOf(request) !== 'gzip') return yield* pieces
  const gunzip = createGunzip({ chunkSize: DECOMPRESSED_PIECE_BYTES })
  Readable.from(pieces).pipe(gunzip)
  let size = 0
  try {
    // Leaving the loop destroys the stream.
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > maxBytes) throw tooLargeFor(maxBytes, true)
      if (!counted.take(piece.length)) throw tooManyHeld()
      yield piece
    }
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('Z_')) throw brokenOff('The request body is not valid gzip')
    throw error
  }
}

/**
 * Receives what is left of the body of a rejected request, at the pace of its sender, and discards it. If little is left,
 * the connection stays open. Otherwise it closes when the client has sent everything, after LINGER_MS at the latest. If it
 * were closed at once, a client that is still sending would lose the response.
 *
 * @returns whether the response must close the connection
 */
export function discardRest(request: IncomingMessage, counted: Pick<BodyBytes, 'received'>): boolean {
  const { socket } = request
  if (!hasBody(request) || socket.destroyed) return false
  let discarded = 0
  request.on('error', () => {})
  request.on('data', (piece: Buffer) => {
    discarded += piece.length
    const turn = discarded > LINGER_MAX_BYTES ? new Promise<void>(() => {}) : counted.received(piece.length)
    if (!turn) return
    request.pause()
    void turn.then(() => request.resume())
  })
  request.resume()
  const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY)
  if (request.complete || length <= BODY_REST_MAX_BYTES) return false
  closeAfterBody(request)
  return true
}

/** Makes Node.js close the connection of a request after its response and its body, instead of after its response. */
function closeAfterBody(request: IncomingMessage): void {
  const { socket } = request
  const destroySoon = socket.destroySoon.bind(socket)
  socket.destroySoon = () => {
    socket.end()
    if (request.complete) return destroySoon()
    request.once('end', destroySoon)
    const late = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => clearTimeout(late))
  }
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

/** Returns the coding of the body; null for a coding that the server does not support. */
function contentCodingOf({ headers }: IncomingMessage): 'gzip' | 'identity' | null {
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity'
  if (encoding === 'gzip' || encoding === 'x-gzip') return 'gzip'
  return encoding === 'identity' ? 'identity' : null
}

const BODY_LOOKED_AT_MS = 500
const DECOMPRESSED_PIECE_BYTES = 64 * 1024

const CLOSE = { headers: { Connection: 'close' } }

const TOO_SLOW = `The request body arrives too slowly; send at least ${BODY_MIN_BYTES_PER_S / 1024} KiB a second`

const tooManyHeld = () =>
  new Problem('temporarily_unavailable', 'Too many request bodies are in memory; try again shortly', CLOSE)

const tooLargeFor = (maxBytes: number, mayBeCompressed: boolean) =>
  new Problem(
    'payload_too_large',
    `The request body must be at most ${maxBytes} bytes${mayBeCompressed ? ' after decompression' : ''}`,
    CLOSE,
  )

export const INCOMPLETE = 'The request body is incomplete: the connection closed before its end'

/** 400 for a body that is incomplete, too slow or not valid gzip. */
export const brokenOff = (message: string) => new Problem('invalid_request', message, { details: [], ...CLOSE })
