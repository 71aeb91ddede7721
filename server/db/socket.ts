import { connect, type Socket } from 'node:net'

// A page of a list comes as one message of some 50 kB, in two or three pieces. Node makes a new 64 KiB buffer for each
// piece, copies what arrived into one of its size, and the driver joins those in a third. Buffers lie outside of V8's
// heap but count as its garbage: a busy server spent a third of its time collecting it. Here every piece is read into
// the same buffer, and a message gets one buffer of its own, of just its size (docs/performance.md).

const PIECE_BYTES = 64 * 1024
/** The type of a message and its length (PostgreSQL, "Message Formats"); the length does not count the type. */
const HEAD_BYTES = 5

/** A connection to Postgres, not necessarily open yet, that emits whole messages as its data. Not for TLS. */
export function messageSocket(where: { path: string } | { host: string; port: number }): Socket {
  const messages = splitMessages((whole) => socket.emit('data', whole))
  const socket = connect({
    ...where,
    onread: {
      buffer: Buffer.allocUnsafeSlow(PIECE_BYTES),
      callback: (length, piece) => {
        messages(piece.subarray(0, length) as Buffer)
        return true
      },
    },
  })
  return endIfSilent(loseAtOnce(socket))
}

/**
 * Lets a connection be lost in one event. Between an error and the close that follows it the driver (postgres.js 3.4.9)
 * still takes statements for the lost connection, and keeps them for the next one without sending them: there the first
 * would be given the answer to the second, and so on. Told of a close alone it refuses all that it has, at once.
 *
 * Until Postgres is ready for the first statement it is the other way round: of a close alone the driver makes nothing, and
 * connects again at once and without end. Then every loss is an error, which refuses the statement that waits.
 */
function loseAtOnce(socket: Socket): Socket {
  const emit = socket.emit.bind(socket)
  let isReady = false
  let hasFailed = false
  socket.emit = (event: string, ...values: unknown[]) => {
    if (event === 'data') isReady ||= saysReady(values[0] as Buffer)
    if (event === 'error') {
      hasFailed = true
      return isReady || emit('error', ...values)
    }
    if (event !== 'close') return emit(event, ...values)
    if (isReady) return emit('close', false)
    if (!hasFailed) emit('error', Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' }))
    return emit('close', true)
  }
  return socket
}

/** Whether ReadyForQuery is among these whole messages. */
function saysReady(messages: Buffer): boolean {
  for (let at = 0; at < messages.length; at += lengthAt(messages, at)) if (messages[at] === READY_FOR_QUERY) return true
  return false
}

const READY_FOR_QUERY = 'Z'.charCodeAt(0)

/** What the driver has to say is there before the connection is; this is only for the machine to come to it. */
const SILENCE_MS = 100

/**
 * Ends a connection on which the driver says nothing. When a connection is lost in the moment in which a statement was to
 * be written to it, the driver (postgres.js 3.4.9, `closed` in connection.js) forgets to write to the next one as well,
 * until a kilobyte has gathered: it would be in a state of connecting for half a minute.
 */
export function endIfSilent(socket: Socket): Socket {
  return socket.once('connect', () => {
    setTimeout(() => {
      if (socket.bytesWritten === 0)
        socket.destroy(Object.assign(new Error('nothing was sent'), { code: 'ECONNRESET' }))
    }, SILENCE_MS).unref()
  })
}

/** Takes pieces as they come, and gives on whole messages, one or several at once, in memory of their own. */
export function splitMessages(emit: (whole: Buffer) => void): (piece: Buffer) => void {
  /** A message of which a part is here, in the buffer that will hold all of it. */
  let message: Buffer | null = null
  let filled = 0
  /** Less than a head. */
  let rest = Buffer.alloc(0)

  return (piece) => {
    let bytes = piece
    if (rest.length > 0) {
      bytes = Buffer.concat([rest, piece])
      rest = Buffer.alloc(0)
    }
    let at = 0
    while (at < bytes.length) {
      if (message) {
        const copied = bytes.copy(message, filled, at)
        filled += copied
        at += copied
        if (filled < message.length) return
        const whole = message
        message = null
        emit(whole)
        continue
      }
      const end = endOfWhole(bytes, at)
      if (end > at) {
        emit(Buffer.from(bytes.subarray(at, end)))
        at = end
      } else if (bytes.length - at < HEAD_BYTES) {
        rest = Buffer.from(bytes.subarray(at))
        return
      } else {
        message = Buffer.allocUnsafeSlow(lengthAt(bytes, at))
        filled = 0
      }
    }
  }
}

/** Where the last message ends that begins at or after `at` and is all here; `at` if there is none. */
function endOfWhole(bytes: Buffer, at: number): number {
  let end = at
  while (bytes.length - end >= HEAD_BYTES && lengthAt(bytes, end) <= bytes.length - end) end += lengthAt(bytes, end)
  return end
}

const lengthAt = (bytes: Buffer, at: number): number => 1 + bytes.readUInt32BE(at + 1)
