import { createHash } from 'node:crypto'
import type { ConnectionTarget, Security, ServerAddress } from './connection_url.ts'
import { type ChannelBinding, endPointOf, scram } from './scram.ts'
import { splitMessages } from './socket.ts'
import { openPlain, openSecure, type Wire } from './tls.ts'

// A connection to Postgres, from the first byte until it is ready: TLS, startup, authentication, settings (PostgreSQL,
// "Message Flow"). The driver could do most of this. But it does not support channel binding, it hangs with several hosts
// (postgres.js 3.4.9: `retries` in connection.js is never increased), and it sends settings in the startup message, which
// PgBouncer refuses.

/** The value of a run-time setting, or SQL that computes it. */
export type SettingValue = string | { sql: string }

/** An authenticated connection with its settings applied. */
export type Session = {
  socket: Wire['socket']
  /** The server's messages until it was ready, to replay to the driver, which expects them after connecting. */
  greeting: Buffer
  /** The pid that the server reported when the connection started; a pooler invents one. */
  pid: number
  accepts: 'writes' | 'only reads' | 'nothing, it is a standby'
  /** Runs statements without parameters. @returns the columns of the last row */
  ask(sql: string): Promise<(string | null)[]>
  /** Sends every later message to `take`, one or several complete messages at a time. */
  attach(take: (messages: Buffer, hasError: boolean) => void): void
}

/**
 * Connects to one host.
 *
 * @param signal aborts the attempt with its reason
 * @throws an error with a `code`: a SQLSTATE, or a code of Node.js
 */
export async function openSession(
  place: ServerAddress,
  target: ConnectionTarget,
  { name, settings, signal }: { name: string; settings: Record<string, SettingValue>; signal: AbortSignal },
): Promise<Session> {
  let failed: unknown
  for (const isEncrypted of attemptsOf(place, target.security)) {
    try {
      const wire =
        isEncrypted && 'host' in place
          ? await openSecure(place, target.security, signal)
          : await openPlain(place, signal)
      return await begin(wire, target, { name, settings, signal })
    } catch (error) {
      // The second attempt is for a server that accepts only the other kind of connection.
      if (signal.aborted || !mayDependOnTls(error)) throw error
      failed ??= error
    }
  }
  throw failed
}

/** Returns the attempts in order: whether each of them uses TLS. A Unix socket never does, as in libpq. */
function attemptsOf(place: ServerAddress, { mode }: Security): boolean[] {
  if ('path' in place || mode === 'disable') return [false]
  if (mode === 'allow') return [false, true]
  return mode === 'prefer' ? [true, false] : [true]
}

const INVALID_AUTHORIZATION = '28000'

/** pg_hba.conf refuses with 28000; TLS failures have codes of OpenSSL. */
const mayDependOnTls = (error: unknown): boolean => {
  const { code = '' } = error as { code?: string }
  return code === INVALID_AUTHORIZATION || code === 'EPROTO' || code === 'ECONNRESET' || code.startsWith('ERR_SSL')
}

async function begin(
  wire: Wire,
  target: ConnectionTarget,
  { name, settings, signal }: { name: string; settings: Record<string, SettingValue>; signal: AbortSignal },
): Promise<Session> {
  const messages = messagesOf(wire, signal)
  const { socket } = wire
  try {
    socket.write(startupMessage(target, name))
    await authenticate(wire, messages, target)
    const greeting = [message('R', Buffer.from([0, 0, 0, 0]))]
    let pid = 0
    let version = 0
    for (;;) {
      const { type, whole } = await messages.next()
      greeting.push(whole)
      if (type === 'K') pid = whole.readUInt32BE(5)
      if (type === 'S') version = versionIn(whole) ?? version
      if (type === 'Z') break
    }
    const { transaction_timeout, ...older } = settings
    const wanted = { ...(version < 17 ? older : settings), ...target.settings }
    const [isStandby, isReadOnly] = (await ask(settingStatement(wanted))).slice(-2)
    const accepts = isStandby === 't' ? 'nothing, it is a standby' : isReadOnly === 'on' ? 'only reads' : 'writes'
    return { socket, greeting: Buffer.concat(greeting), pid, accepts, ask, attach: messages.attach }
  } catch (error) {
    socket.destroy()
    throw error
  }

  async function ask(sql: string): Promise<(string | null)[]> {
    socket.write(message('Q', zeroEnded(sql)))
    let row: (string | null)[] = []
    let failed: Error | null = null
    for (;;) {
      const { type, whole } = await messages.next(true).catch((error) => {
        // An error message before the end of the connection explains more than its end.
        throw failed ?? error
      })
      if (type === 'D') row = receivedColumns(whole)
      if (type === 'E') failed ??= errorOf(whole)
      if (type !== 'Z') continue
      if (failed) throw failed
      return row
    }
  }
}

const versionIn = (whole: Buffer): number | null => {
  const [name, value = ''] = whole.toString('utf8', 5).split('\0')
  return name === 'server_version' ? Number.parseInt(value, 10) : null
}

/** Builds one statement that applies all settings, and then asks whether the server accepts writes. */
const settingStatement = (settings: Record<string, SettingValue>): string => {
  const columns = Object.entries(settings).map(
    ([name, value]) =>
      `pg_catalog.set_config(${literal(name)}, ${typeof value === 'string' ? literal(value) : value.sql}, false)`,
  )
  return `select ${[...columns, 'pg_catalog.pg_is_in_recovery()', "pg_catalog.current_setting('transaction_read_only')"].join(', ')}`
}

/** Returns a text constant that does not depend on standard_conforming_strings. */
const literal = (text: string): string => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

// --- authentication

type Messages = ReturnType<typeof messagesOf>

const MECHANISM = 'SCRAM-SHA-256'
const PLUS = 'SCRAM-SHA-256-PLUS'

async function authenticate(
  wire: Wire,
  messages: Messages,
  { user, password, security }: ConnectionTarget,
): Promise<void> {
  const { socket, certificate } = wire
  const send = (payload: Buffer) => socket.write(message('p', payload))
  let exchange: ReturnType<typeof scram> | null = null
  let isBound = false
  for (;;) {
    const { type, whole } = await messages.next()
    if (type !== 'R') continue
    const body = whole.subarray(9)
    switch (whole.readUInt32BE(5)) {
      case 0:
        if (security.channelBinding === 'require' && !isBound)
          throw coded('SCRAM', 'the server authenticated without channel binding, and DATABASE_URL requires it')
        return
      case 3:
        send(zeroEnded(password))
        break
      case 5:
        send(zeroEnded(`md5${md5(Buffer.concat([Buffer.from(md5(Buffer.from(password + user))), body]))}`))
        break
      case 10: {
        const offered = body.toString('latin1').split('\0')
        const binding = bindingFor(
          offered.includes(PLUS),
          certificate && endPointOf(certificate),
          certificate !== null,
          security,
        )
        if (binding.kind !== 'p' && !offered.includes(MECHANISM))
          throw coded('SCRAM', `the server offers no authentication that Talad supports (${offered.join(' ').trim()})`)
        isBound = binding.kind === 'p'
        exchange = scram(password, binding)
        const first = Buffer.from(exchange.first)
        send(Buffer.concat([zeroEnded(isBound ? PLUS : MECHANISM), int32(first.length), first]))
        break
      }
      case 11:
        if (exchange) send(Buffer.from(await exchange.answer(body.toString())))
        break
      case 12:
        exchange?.verify(body.toString())
        break
      default:
        throw coded(
          'SCRAM',
          'the server requires an authentication method that Talad does not support; use scram-sha-256',
        )
    }
  }
}

function bindingFor(
  isOffered: boolean,
  endPoint: Buffer | null,
  isEncrypted: boolean,
  { channelBinding }: Security,
): ChannelBinding {
  if (channelBinding !== 'disable' && isOffered && endPoint) return { kind: 'p', data: endPoint }
  if (channelBinding === 'require')
    throw coded(
      'SCRAM',
      isEncrypted
        ? `the server offers no channel binding, and DATABASE_URL requires it (channel_binding=require)`
        : 'channel_binding=require in DATABASE_URL needs TLS, and this connection has none',
    )
  // "y" states that the client would bind if the server offered it; a server that did offer it detects an attack.
  return { kind: channelBinding !== 'disable' && endPoint && !isOffered ? 'y' : 'n' }
}

const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex')

// --- messages

/** Reads messages one at a time until `attach` is called. */
function messagesOf(wire: Wire, signal: AbortSignal) {
  const queue: Buffer[] = []
  let wake = () => {}
  let failed: unknown = null
  const fail = (error: unknown) => {
    failed ??= error
    wake()
  }
  const aborted = () => fail(signal.reason)
  const closed = () => fail(coded('ECONNRESET', 'the server closed the connection'))
  signal.addEventListener('abort', aborted)
  wire.socket.on('error', fail).on('close', closed)
  let take = (messages: Buffer, _hasError: boolean) => {
    for (let at = 0; at < messages.length; ) {
      const end = at + 1 + messages.readUInt32BE(at + 1)
      queue.push(messages.subarray(at, end))
      at = end
    }
    wake()
  }
  wire.take = splitMessages((messages, hasError) => take(messages, hasError))
  return {
    /** @param withErrors whether an error message is returned instead of thrown */
    async next(withErrors = false): Promise<{ type: string; whole: Buffer }> {
      while (queue.length === 0) {
        if (failed) throw failed
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      const whole = queue.shift() as Buffer
      const type = String.fromCharCode(whole[0] as number)
      if (type === 'E' && !withErrors) throw errorOf(whole)
      return { type, whole }
    },
    attach(to: (messages: Buffer, hasError: boolean) => void) {
      signal.removeEventListener('abort', aborted)
      wire.socket.removeListener('error', fail).removeListener('close', closed)
      take = to
    },
  }
}

export function errorOf(whole: Buffer): Error {
  const fields = new Map(
    whole
      .toString('utf8', 5)
      .split('\0')
      .map((field) => [field.slice(0, 1), field.slice(1)]),
  )
  return coded(fields.get('C') ?? '', fields.get('M') ?? 'the server gave no reason')
}

export function receivedColumns(row: Buffer): (string | null)[] {
  const columns: (string | null)[] = []
  let at = 7
  for (let count = row.readUInt16BE(5); count > 0; count -= 1) {
    const length = row.readInt32BE(at)
    at += 4
    columns.push(length < 0 ? null : row.toString('utf8', at, at + length))
    at += Math.max(length, 0)
  }
  return columns
}

function startupMessage({ user, database }: ConnectionTarget, name: string): Buffer {
  // No other parameters: PgBouncer refuses unknown ones.
  const parameters = { user, database, application_name: name, client_encoding: 'UTF8' }
  const words = Buffer.from(`${Object.entries(parameters).flat().join('\0')}\0\0`)
  return Buffer.concat([int32(8 + words.length), int32(PROTOCOL), words])
}

/** Protocol version 3.0. */
const PROTOCOL = 0x30000

const message = (type: string, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(type, 'latin1'), int32(4 + body.length), body])

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const zeroEnded = (text: string): Buffer => Buffer.from(`${text}\0`)

const coded = (code: string, message: string): Error => Object.assign(new Error(message), { code })
