import { connect, isIP, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectSecurely, type TLSSocket } from 'node:tls'

// TLS to Postgres (PostgreSQL, "SSL Session Encryption"): the client asks, the server says S or N in one byte, and TLS
// begins behind it. The driver can do so too, but then the connection is its own, and none of what socket.ts mends holds.

/** What `sslmode` or `ssl` in DATABASE_URL say: `require`, `prefer`, `allow`, or one that has the certificate verified. */
export type Security = { mode: string; isDirect: boolean }

type Where = { path: string } | { host: string; port: number }

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
const GRANTED = 'S'.charCodeAt(0)
/** The modes in which whoever answers is believed to be the server; encryption without proof, as in libpq. */
const UNVERIFIED = new Set(['require', 'prefer', 'allow'])
const OPTIONAL = new Set(['prefer', 'allow'])

/**
 * A connection that is secured before anything else is sent over it. What is written meanwhile waits. It emits `data`
 * as it arrives, in pieces of any size, and `connect` when it is secured.
 */
export function secureSocket(where: Where, { mode, isDirect }: Security, onData: (piece: Buffer) => void): Duplex {
  let inner: Socket | TLSSocket = connect(where)
  let isSecured = false
  let waiting: (() => void)[] = []

  const follow = (socket: Socket | TLSSocket) =>
    socket.on('error', (error) => outer.destroy(error)).on('close', () => outer.destroy())
  const whenSecured = (work: () => void) => (isSecured ? work() : waiting.push(work))

  const outer = new Duplex({
    // What arrives is given on by `onData`; nothing is kept here.
    read() {},
    write(bytes, _, done) {
      whenSecured(() => inner.write(bytes, done))
    },
    final(done) {
      whenSecured(() => inner.end(done))
    },
    destroy(error, done) {
      waiting = []
      inner.destroy()
      done(error)
    },
  })
  Object.defineProperties(outer, {
    readyState: { get: () => inner.readyState },
    bytesWritten: { get: () => (isSecured ? inner.bytesWritten : 0) },
    pause: { value: () => inner.pause() && outer },
    resume: { value: () => inner.resume() && outer },
    setKeepAlive: { value: (...values: [boolean, number]) => inner.setKeepAlive(...values) && outer },
  })

  const secured = () => {
    isSecured = true
    inner.on('data', onData)
    outer.emit('connect')
    for (const work of waiting.splice(0)) work()
  }
  const begin = () => {
    inner.removeAllListeners()
    inner = connectSecurely({
      socket: inner,
      rejectUnauthorized: !UNVERIFIED.has(mode),
      ...('host' in where && { host: where.host, ...(isIP(where.host) === 0 && { servername: where.host }) }),
      ...(isDirect && { ALPNProtocols: ['postgresql'] }),
    })
    follow(inner).on('secureConnect', secured)
  }
  const refuse = (why: string) => outer.destroy(Object.assign(new Error(why), { code: 'EPROTO' }))
  follow(inner).once('connect', () => {
    if (isDirect) return begin()
    inner.write(SSL_REQUEST)
    inner.once('data', (answer) => {
      // More than the one byte would be somebody's between us, who wants it to be taken for what came through TLS.
      if (answer.length > 1) refuse('the server said more than whether it has TLS')
      else if (answer[0] === GRANTED) begin()
      else if (OPTIONAL.has(mode)) secured()
      else refuse(`the server has no TLS, and DATABASE_URL asks for it (sslmode=${mode})`)
    })
  })
  return outer
}
