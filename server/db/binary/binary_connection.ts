import { FULL_FOR_MS } from '../../limits.ts'
import { errorOf, receivedColumns, type Session } from '../connection/session.ts'
import { prepareMessages } from './parameters.ts'

// A connection for one statement whose parameters are binary. The driver sends every parameter as text.

/** A statement, and the settings of its connection. */
export type BinaryStatement = { name: string; sql: string; settings: Record<string, string> }

/** A row: its columns as text. */
export type TextRow = (string | null)[]

export type BinaryConnection = {
  /**
   * Runs the statement. Several may be sent before the first is answered; they run one after another.
   *
   * @param messages Bind, Execute and Sync (`binaryParameters`)
   * @returns null, with nothing sent, if no connection can be opened: the caller then uses the driver
   */
  run(messages: Buffer): Promise<TextRow[] | null>
}

/** Connections are kept for a limited time, because after a failover an old one may lead to the old server. */
const KEPT_MS = 30 * 60 * 1000
/** lock_timeout. After any other error a new connection is opened, because the old one may be its cause. */
const LOCK_TIMED_OUT = '55P03'

type BinaryLine = {
  socket: Session['socket']
  since: number
  isLost: boolean
  /** Statements without an answer, in their order. */
  waiting: Unanswered[]
}

type Unanswered = { rows: TextRow[]; error: Error | null; resolve(rows: TextRow[]): void; reject(error: Error): void }

/** Pools with such a connection: how it is opened, and what it is since its first use. */
const offers = new WeakMap<object, () => Promise<Session>>()
const connections = new WeakMap<object, BinaryConnection>()

/** Gives a pool a connection with binary parameters. It is opened when it is first used. */
export const offerBinary = (pool: object, open: () => Promise<Session>): unknown => offers.set(pool, open)

/** Returns the connection of a pool for its one statement with binary parameters; null if the pool has none. */
export function binaryConnection(pool: object, statement: BinaryStatement): BinaryConnection | null {
  const open = offers.get(pool)
  const connection = connections.get(pool) ?? (open ? createBinaryConnection(statement, open) : null)
  if (connection) connections.set(pool, connection)
  return connection
}

function createBinaryConnection(statement: BinaryStatement, open: () => Promise<Session>): BinaryConnection {
  let opened: Promise<BinaryLine | null> | null = null
  let restsUntil = Number.NEGATIVE_INFINITY

  async function openLine(): Promise<BinaryLine | null> {
    try {
      return await prepared(await open(), statement)
    } catch {
      // The driver's connections report the reason, if they have it too.
      restsUntil = performance.now() + FULL_FOR_MS
      return null
    }
  }

  async function usable(): Promise<BinaryLine | null> {
    for (;;) {
      const known = opened
      const line = await known
      if (line && isFresh(line)) return line
      if (opened !== known) continue
      if (performance.now() < restsUntil) return null
      // Its last statements are still answered.
      line?.socket.end()
      opened = openLine()
      return await opened
    }
  }

  return {
    async run(messages) {
      const line = await usable()
      return line && (await sent(line, messages))
    },
  }
}

const isFresh = ({ isLost, since }: BinaryLine): boolean => !isLost && performance.now() - since < KEPT_MS

async function prepared(session: Session, { name, sql, settings }: BinaryStatement): Promise<BinaryLine> {
  const { socket } = session
  const line: BinaryLine = { socket, since: performance.now(), isLost: false, waiting: [] }
  try {
    await session.ask(
      Object.entries(settings)
        .map(([setting, value]) => `set ${setting} = '${value}'`)
        .join('; '),
    )
    const lose = () => {
      line.isLost = true
      for (const { error, reject } of line.waiting.splice(0)) reject(error ?? lost())
    }
    socket.on('error', lose).on('close', lose)
    session.attach((messages) => receive(line, messages))
    await sent(line, prepareMessages(name, sql))
    return line
  } catch (error) {
    socket.on('error', () => {}).destroy()
    throw error
  }
}

function sent(line: BinaryLine, messages: Buffer): Promise<TextRow[]> {
  const { promise, resolve, reject } = Promise.withResolvers<TextRow[]>()
  if (line.isLost) reject(lost())
  else {
    line.waiting.push({ rows: [], error: null, resolve, reject })
    line.socket.write(messages)
  }
  return promise
}

const lost = () => Object.assign(new Error('the connection to the database was lost'), { code: 'ECONNRESET' })

const [ROW, FAILED, READY] = [...'DEZ'].map((type) => type.charCodeAt(0))

/** @param messages complete ones */
function receive(line: BinaryLine, messages: Buffer): void {
  for (let at = 0; at < messages.length; ) {
    const type = messages[at]
    const end = at + 1 + messages.readUInt32BE(at + 1)
    const [first] = line.waiting
    if (type === ROW) first?.rows.push(receivedColumns(messages.subarray(at, end)))
    if (type === FAILED && first) first.error ??= errorOf(messages.subarray(at, end))
    if (type === READY) settle(line)
    at = end
  }
}

function settle(line: BinaryLine): void {
  const { rows, error, resolve, reject } = line.waiting.shift() ?? {}
  if (error) {
    if ((error as { code?: string }).code !== LOCK_TIMED_OUT) line.isLost = true
    reject?.(error)
  } else resolve?.(rows ?? [])
}
