import type { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectSecurely, getCACertificates, type TLSSocket } from 'node:tls'
import type { Security, ServerAddress } from './connection_url.ts'

// Sockets to Postgres, with or without TLS. To start TLS (PostgreSQL, "SSL Session Encryption") the client asks, the server
// answers S or N in one byte, and the handshake follows.

/** An open socket, and the receiver of its bytes. */
export type Wire = {
  socket: Socket | TLSSocket
  /** Receives every piece as it arrives. The piece is only valid during the call. */
  take(piece: Buffer): void
  /** The server's certificate; null without TLS. */
  certificate: X509Certificate | null
}

const PIECE_BYTES = 64 * 1024
const KEEP_ALIVE_MS = 60_000

/** Opens a socket without TLS. All pieces are read into one buffer (socket.ts explains why). */
export async function openPlain(place: ServerAddress, signal: AbortSignal): Promise<Wire> {
  const wire: Wire = {
    socket: connect({
      ...place,
      ...SOCKET_OPTIONS,
      onread: {
        buffer: Buffer.allocUnsafeSlow(PIECE_BYTES),
        callback(length, piece) {
          wire.take(piece.subarray(0, length) as Buffer)
          return true
        },
      },
    }),
    take: () => {},
    certificate: null,
  }
  await connected(wire.socket, 'connect', signal)
  // Without a data listener, the end of the stream would not be noticed.
  wire.socket.resume()
  return wire
}

const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
const GRANTED = 'S'.charCodeAt(0)

/**
 * Opens a socket with TLS.
 *
 * @returns a socket without TLS if the server does not support it and the mode allows that
 */
export async function openSecure(
  place: { host: string; port: number },
  security: Security,
  signal: AbortSignal,
): Promise<Wire> {
  const options = await tlsOptions(place.host, security)
  const plain = await openPlain(place, signal)
  if (!security.isDirect) {
    const answer = await answerOf(plain, signal)
    // Plaintext after the TLS request means an injection attack: it would be treated as received through TLS.
    if (answer.length > 1)
      throw failure(
        plain,
        'EPROTO',
        'the server sent plaintext after its answer to the TLS request, which indicates an attack',
      )
    if (answer[0] !== GRANTED) {
      if (security.mode === 'prefer' || security.mode === 'allow') return plain
      throw failure(
        plain,
        'NO_TLS',
        `the server does not support TLS, and DATABASE_URL requires it (sslmode=${security.mode})`,
      )
    }
  }
  const secured = connectSecurely({ socket: plain.socket, ...options })
  await connected(secured, 'secureConnect', signal)
  const wire: Wire = { socket: secured, take: () => {}, certificate: secured.getPeerX509Certificate() ?? null }
  secured.on('data', (piece) => wire.take(piece as Buffer))
  return wire
}

/** Returns the server's answer to the TLS request. */
async function answerOf(wire: Wire, signal: AbortSignal): Promise<Buffer> {
  let answer: Buffer = Buffer.alloc(0)
  wire.take = (piece) => {
    answer = Buffer.from(piece)
    wire.socket.emit('answered')
  }
  const answered = connected(wire.socket, 'answered', signal)
  wire.socket.write(SSL_REQUEST)
  await answered
  return answer
}

async function tlsOptions(host: string, security: Security): Promise<ConnectionOptions> {
  const { mode, rootCertificate, certificate, key, keyPassword, isDirect } = security
  const isVerified = mode === 'verify-ca' || mode === 'verify-full'
  return {
    // The other modes accept any certificate, as in libpq.
    rejectUnauthorized: isVerified,
    host,
    ...(isIP(host) === 0 && { servername: host }),
    // verify-ca accepts a certificate for any name.
    ...(mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
    ...(isVerified && rootCertificate !== null && { ca: await authorities(rootCertificate) }),
    ...(certificate !== null &&
      key !== null && { cert: await read(certificate, 'sslcert'), key: await read(key, 'sslkey') }),
    ...(keyPassword !== null && { passphrase: keyPassword }),
    ...(isDirect && { ALPNProtocols: ['postgresql'] }),
  }
}

const authorities = async (rootCertificate: string) =>
  rootCertificate === 'system' ? getCACertificates('system') : read(rootCertificate, 'sslrootcert')

async function read(file: string, parameter: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw Object.assign(new Error(`the file ${file} of ${parameter} cannot be read (${code})`), { code: 'TLS_FILE' })
  }
}

/** Waits for an event of a socket. On any failure it destroys the socket and throws. */
async function connected(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const happened = () => resolve()
  const closed = () => reject(Object.assign(new Error('the server closed the connection'), { code: 'ECONNRESET' }))
  const aborted = () => reject(signal.reason)
  socket.once(event, happened).on('error', reject).once('close', closed)
  signal.addEventListener('abort', aborted)
  if (signal.aborted) aborted()
  try {
    await promise
  } catch (error) {
    socket.on('error', () => {}).destroy()
    throw error
  } finally {
    socket.removeListener(event, happened).removeListener('error', reject).removeListener('close', closed)
    signal.removeEventListener('abort', aborted)
  }
}

function failure({ socket }: Wire, code: string, message: string): Error {
  socket.destroy()
  return Object.assign(new Error(message), { code })
}
