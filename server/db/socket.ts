import { Duplex } from 'node:stream'
import type { Session } from './session.ts'

// A page of a list comes as one message of some 50 kB, in two or three pieces. Node makes a new 64 KiB buffer for each
// piece, copies what arrived into one of its size, and the driver joins those in a third. Buffers lie outside of V8's
// heap but count as its garbage: a busy server spent a third of its time collecting it. Here every piece is read into
// the same buffer (tls.ts), and a message gets one buffer of its own, of just its size (docs/performance.md).

/** The type of a message and its length (PostgreSQL, "Message Formats"); the length does not count the type. */
const HEAD_BYTES = 5

/**
 * A connection for the driver, not necessarily open yet, that emits whole messages as its data. The driver's startup
 * message is dropped: `open` has connected and authenticated already, and the driver is shown what the server said.
 *
 * @param open connects; its signal is aborted when the driver gives up
 */
export function messageSocket(open: (signal: AbortSignal) => Promise<Session>): Duplex {
  const given = new AbortController()
  let inner: Session['socket'] | null = null
  let isReadOnly = false
  const outer = new Duplex({
    // `emit` hands on what arrives; nothing is buffered here.
    read() {},
    write(_startup, _encoding, done) {
      done()
    },
    destroy(error, done) {
      given.abort(error ?? new Error('the connection is not needed any more'))
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
      // The server may accept writes again, but this connection may lead to the old server: a new one will find out.
      // Not at once, so that whoever waits hears the error first.
      if (isReadOnly && endsIdle(messages)) setImmediate(() => outer.destroy())
    })
    outer.emit('connect')
    outer.emit('data', session.greeting)
  }
  Object.defineProperties(outer, {
    readyState: { get: () => inner?.readyState ?? 'opening' },
    pause: { value: () => inner?.pause() && outer },
    resume: { value: () => inner?.resume() && outer },
    // It is set already.
    setKeepAlive: { value: () => outer },
  })
  const socket = endIfSilent(loseAtOnce(outer))
  open(given.signal).then(opened, (error) => outer.destroy(error))
  return socket
}

/**
 * Lets a connection be lost in one event. Between an error and the close that follows it the driver (postgres.js 3.4.9)
 * still takes statements for the lost connection, and keeps them for the next one without sending them: there the first
 * would be given the answer to the second, and so on. Told of a close alone it refuses all that it has, at once.
 *
 * Until Postgres is ready for the first statement it is the other way round: of a close alone the driver makes nothing, and
 * connects again at once and without end. Then every loss is an error, which refuses the statement that waits.
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

/** Whether ReadyForQuery is among these whole messages. */
function saysReady(messages: Buffer): boolean {
  for (let at = 0; at < messages.length; at += lengthAt(messages, at)) if (messages[at] === READY_FOR_QUERY) return true
  return false
}

const READY_FOR_QUERY = 'Z'.charCodeAt(0)

/** The driver sends its startup message within an instant. */
const SILENCE_MS = 100

/**
 * Ends a connection on which the driver says nothing. When a connection is lost in the moment in which a statement was to
 * be written to it, the driver (postgres.js 3.4.9, `closed` in connection.js) forgets to write to the next one as well,
 * until a kilobyte has gathered: it would be in a state of connecting for half a minute.
 */
function endIfSilent(socket: Duplex): Duplex {
  const write = socket.write.bind(socket)
  const timer = setTimeout(() => {
    socket.destroy(Object.assign(new Error('nothing was sent'), { code: 'ECONNRESET' }))
  }, SILENCE_MS).unref()
  const first = (...words: Parameters<typeof write>) => {
    clearTimeout(timer)
    if (socket.write === first) Object.assign(socket, { write })
    return write(...words)
  }
  return Object.assign(socket, { write: first })
}

const ERROR_RESPONSE = 'E'.charCodeAt(0)
/** The field of an error that holds its SQLSTATE, when it says that the transaction is read-only. */
const READ_ONLY_FIELD = Buffer.from('\0C25006\0')

/** Whether an error among these whole messages says that the server accepts no writes. */
function saysReadOnly(messages: Buffer): boolean {
  for (let at = 0; at < messages.length; at += lengthAt(messages, at))
    if (messages[at] === ERROR_RESPONSE && messages.subarray(at, at + lengthAt(messages, at)).includes(READ_ONLY_FIELD))
      return true
  return false
}

/** Whether the last of these messages is ReadyForQuery outside of a transaction. */
const endsIdle = (messages: Buffer): boolean =>
  messages.length >= HEAD_BYTES + 1 && messages.subarray(-HEAD_BYTES - 1).equals(READY_IDLE)

const READY_IDLE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

/**
 * Takes pieces as they come, and gives on whole messages, one or several at once, in memory of their own.
 *
 * @param emit its second argument says whether an error of the server is among the messages
 */
export function splitMessages(emit: (whole: Buffer, hasError: boolean) => void): (piece: Buffer) => void {
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
