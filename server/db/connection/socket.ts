import { Duplex } from 'node:stream'
import type { Session } from './session.ts'

// A page of a list arrives as one message of about 50 kB, in two or three pieces. By default Node.js allocates a 64 KiB
// buffer for each piece and copies the data into a smaller one, and the driver joins those in a third. Buffers are outside
// of the V8 heap but cause its garbage collections: a busy server spent a third of its time on them. Here all pieces are
// read into one buffer (tls.ts), and each message gets one buffer of exactly its size (docs/performance.md).

/** Type and length of a message (PostgreSQL, "Message Formats"); the length does not include the type. */
const HEAD_BYTES = 5

/**
 * Returns a socket for the driver, possibly still connecting, that emits complete messages. It drops the startup message of
 * the driver, because `open` has connected and authenticated already, and replays the server's answers.
 *
 * @param open connects; its signal is aborted when the driver gives up
 */
export function messageSocket(open: (signal: AbortSignal) => Promise<Session>): Duplex {
  const given = new AbortController()
  let inner: Session['socket'] | null = null
  let isReadOnly = false
  const outer = new Duplex({
    // `emit` passes data on; nothing is buffered here.
    read() {},
    write(_startup, _encoding, done) {
      done()
    },
    destroy(error, done) {
      given.abort(error ?? new Error('the connection is no longer needed'))
      inner?.destroy()
      done(error)
    },
  })
  const opened = (session: Session) => {
    if (outer.destroyed) {
      session.socket.destroy()
      return
    }
    const socket = session.socket
    inner = socket
    socket
      .on('error', (error) => outer.destroy(error))
      .on('close', () => outer.destroy())
      .on('drain', () => outer.emit('drain'))
    Object.assign(outer, { write: socket.write.bind(socket), end: socket.end.bind(socket) })
    session.attach((messages, hasError) => {
      isReadOnly ||= hasError && saysReadOnly(messages)
      outer.emit('data', messages)
      // The server may accept writes again, but this connection may lead to an old primary, so it is closed and a new one
      // checks. It closes a moment later, so that the caller gets the error first.
      if (isReadOnly && endsIdle(messages)) setImmediate(() => outer.destroy())
    })
    outer.emit('connect')
    outer.emit('data', session.greeting)
  }
  Object.defineProperties(outer, {
    readyState: { get: () => inner?.readyState ?? 'opening' },
    pause: { value: () => inner?.pause() && outer },
    resume: { value: () => inner?.resume() && outer },
    // It is already set.
    setKeepAlive: { value: () => outer },
  })
  const socket = loseAtOnce(outer)
  open(given.signal).then(opened, (error) => outer.destroy(error))
  return socket
}

/**
 * Reports the loss of a connection as one event. Between an error and the following close, the driver (postgres.js 3.4.9)
 * still accepts statements for the lost connection, and keeps them for the next one without sending them. There the first
 * statement would get the answer to the second, and so on. After a bare close it refuses all its statements at once.
 *
 * Before the connection is ready, a bare close makes the driver reconnect at once and for ever. So then every loss is
 * reported as an error, which refuses the waiting statement.
 */
function loseAtOnce(socket: Duplex): Duplex {
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

/** Returns whether these complete messages contain ReadyForQuery. */
function saysReady(messages: Buffer): boolean {
  for (let at = 0; at < messages.length; at += lengthAt(messages, at)) if (messages[at] === READY_FOR_QUERY) return true
  return false
}

const READY_FOR_QUERY = 'Z'.charCodeAt(0)

const ERROR_RESPONSE = 'E'.charCodeAt(0)
/** The SQLSTATE field of the error for a read-only transaction. */
const READ_ONLY_FIELD = Buffer.from('\0C25006\0')

/** Returns whether an error among these complete messages says that the server accepts no writes. */
function saysReadOnly(messages: Buffer): boolean {
  for (let at = 0; at < messages.length; at += lengthAt(messages, at))
    if (messages[at] === ERROR_RESPONSE && messages.subarray(at, at + lengthAt(messages, at)).includes(READ_ONLY_FIELD))
      return true
  return false
}

/** Returns whether the last of these messages is ReadyForQuery outside of a transaction. */
const endsIdle = (messages: Buffer): boolean =>
  messages.length >= HEAD_BYTES + 1 && messages.subarray(-HEAD_BYTES - 1).equals(READY_IDLE)

const READY_IDLE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

/**
 * Collects pieces and emits complete messages, one or several at once, in their own memory.
 *
 * @param emit its second argument tells whether the messages contain an error of the server
 */
export function splitMessages(emit: (whole: Buffer, hasError: boolean) => void): (piece: Buffer) => void {
  /** An incomplete message, in the buffer that will hold all of it. */
  let message: Buffer | null = null
  let filled = 0
  /** Bytes of an incomplete message head. */
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
        emit(whole, whole[0] === ERROR_RESPONSE)
        continue
      }
      let end = at
      let hasError = false
      while (bytes.length - end >= HEAD_BYTES && lengthAt(bytes, end) <= bytes.length - end) {
        hasError ||= bytes[end] === ERROR_RESPONSE
        end += lengthAt(bytes, end)
      }
      if (end > at) {
        emit(Buffer.from(bytes.subarray(at, end)), hasError)
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

const lengthAt = (bytes: Buffer, at: number): number => 1 + bytes.readUInt32BE(at + 1)
