import { userInfo } from 'node:os'
import { CONNECT_TIMEOUT_S } from '../../limits.ts'

// Parses connection URLs like libpq (PostgreSQL, "Connection URIs"). No library does this: pg-connection-string accepts only
// one host and ignores unknown parameters.

/** Where a server listens: a TCP port or a Unix socket. */
export type ServerAddress = { host: string; port: number } | { path: string }

export const TLS_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const

/** Encryption of a connection, and the certificates that are accepted. */
export type Security = {
  mode: (typeof TLS_MODES)[number]
  /** Whether TLS starts without a request to the server first. */
  isDirect: boolean
  /** A file of certificates, `system` for those of the operating system, or null for those built into Node.js. */
  rootCertificate: string | null
  /** Files of the client's own certificate and key. */
  certificate: string | null
  key: string | null
  keyPassword: string | null
  channelBinding: 'disable' | 'prefer' | 'require'
}

/** The content of a connection URL. */
export type ConnectionTarget = {
  /** Hosts, in the order in which they are tried. */
  places: ServerAddress[]
  user: string
  password: string
  database: string
  security: Security
  /** Timeout per host. */
  connectTimeoutMs: number
  applicationName: string | null
  /** Run-time settings from `options`. */
  settings: Record<string, string>
}

/** A connection URL that cannot be used. The message continues a sentence that starts with the name of the variable. */
export class ConnectionUrlMistake extends Error {
  override name = 'ConnectionUrlMistake'
}

const EXAMPLE = 'must be a URL such as postgres://user:password@host:5432/name'

/**
 * Parses a connection URL.
 *
 * @throws ConnectionUrlMistake with a message that never contains the password
 */
export function parseConnectionUrl(url: string): ConnectionTarget {
  const [, authority = '', path = '', query = ''] =
    /^postgres(?:ql)?:\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(url) ?? mistake(EXAMPLE)
  const at = authority.lastIndexOf('@')
  const [, user = '', password = ''] = /^([^:]*):?(.*)$/s.exec(authority.slice(0, Math.max(at, 0))) ?? []
  // Read before the parameters: an unescaped password is then reported as a bad host, not repeated as a parameter name.
  const inUrl = hostsIn(authority.slice(at + 1))
  const given = parametersOf(query)
  const chosen = (name: string, fromUrl: string) => given.get(name) || decoded(fromUrl, name)
  const { hosts, ports } = hostsOf(inUrl, given)
  const role = chosen('user', user) || accountName()
  return {
    places: hosts.map((host, index) => placeOf(host, ports[index] ?? '')),
    user: role,
    password: chosen('password', password),
    database: chosen('dbname', path) || role,
    security: securityOf(given),
    connectTimeoutMs: timeoutOf(given),
    applicationName: given.get('application_name') || null,
    settings: settingsOf(given.get('options') ?? ''),
  }
}

/** The supported parameters. Others are refused, because ignoring them could change the meaning of the connection. */
const PARAMETERS = [
  ...[
    'host',
    'port',
    'user',
    'password',
    'dbname',
    'sslmode',
    'ssl',
    'sslrootcert',
    'sslcert',
    'sslkey',
    'sslpassword',
  ],
  ...['sslnegotiation', 'channel_binding', 'target_session_attrs', 'connect_timeout', 'application_name', 'options'],
  ...['client_encoding', 'gssencmode'],
]

function parametersOf(query: string): Map<string, string> {
  const parameters = new Map<string, string>()
  for (const part of query.split('&')) {
    if (part === '') continue
    const name = decoded(part.split('=', 1)[0] ?? '', 'a parameter name')
    if (!PARAMETERS.includes(name))
      mistake(`has ${nameOf(name)}, which is not supported; remove it. Supported are ${PARAMETERS.join(', ')}`)
    if (!part.includes('=')) mistake(`has the parameter ${name} without a value`)
    if (parameters.has(name)) mistake(`has the parameter ${name} twice`)
    parameters.set(name, decoded(part.slice(part.indexOf('=') + 1), name))
  }
  oneOf(parameters, 'client_encoding', ['UTF8', 'utf8', 'UTF-8', 'utf-8', 'auto'])
  oneOf(parameters, 'gssencmode', ['disable', 'prefer'])
  return parameters
}

/** An unescaped question mark in a password moves its rest into the parameters, so odd names are not repeated. */
const nameOf = (name: string): string => (/^[a-z_]{1,32}$/.test(name) ? `the parameter ${name}` : 'a parameter')

type WrittenHost = { host: string; port: string }

const hostsIn = (text: string): WrittenHost[] =>
  text.split(',').map((one) => {
    const [, bracketed, plain, port = ''] =
      /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(one) ??
      mistake('has a host that cannot be read; an IPv6 address needs brackets, such as [::1]:5432')
    portOf(port)
    return { host: decoded(bracketed ?? plain ?? '', 'host'), port }
  })

function hostsOf(inUrl: WrittenHost[], given: Map<string, string>): { hosts: string[]; ports: string[] } {
  const hosts = given.get('host')?.split(',') ?? inUrl.map(({ host }) => host)
  const ports = given.get('port')?.split(',') ?? inUrl.map(({ port }) => port)
  if (ports.length !== 1 && ports.length !== hosts.length)
    mistake(`has ${hosts.length} hosts and ${ports.length} ports; give one port, or one for each host`)
  return { hosts, ports: hosts.map((_, index) => ports[ports.length === 1 ? 0 : index] ?? '') }
}

function placeOf(host: string, port: string): ServerAddress {
  const number = portOf(port)
  if (host.startsWith('/')) return { path: `${host.replace(/\/+$/, '')}/.s.PGSQL.${number}` }
  return { host: host || 'localhost', port: number }
}

function portOf(text: string): number {
  const number = text === '' ? 5432 : /^\d{1,5}$/.test(text) ? Number(text) : 0
  return number >= 1 && number <= 65_535 ? number : mistake('has a port that is not a number from 1 to 65535')
}

function securityOf(given: Map<string, string>): Security {
  const rootCertificate = given.get('sslrootcert') || null
  const written =
    given.get('sslmode') ?? { true: 'require', false: 'disable' }[given.get('ssl') ?? ''] ?? given.get('ssl')
  const asked = oneOf(new Map(written === undefined ? [] : [['sslmode', written]]), 'sslmode', TLS_MODES)
  const isDirect = oneOf(given, 'sslnegotiation', ['postgres', 'direct']) === 'direct'
  if (rootCertificate === 'system' && asked !== null && asked !== 'verify-full')
    mistake(`has sslrootcert=system, which needs sslmode=verify-full, not ${asked}`)
  // A root certificate makes "require" verify, as in libpq.
  const mode =
    rootCertificate === 'system'
      ? 'verify-full'
      : rootCertificate !== null && asked === 'require'
        ? 'verify-ca'
        : (asked ?? 'prefer')
  if (isDirect && ['disable', 'allow', 'prefer'].includes(mode))
    mistake(`has sslnegotiation=direct, which needs sslmode=require, verify-ca or verify-full`)
  const channelBinding = oneOf(given, 'channel_binding', ['disable', 'prefer', 'require']) ?? 'prefer'
  if (channelBinding === 'require' && mode === 'disable')
    mistake('has channel_binding=require, which needs TLS; sslmode must not be disable')
  const certificate = given.get('sslcert') || null
  const key = given.get('sslkey') || null
  if ((certificate === null) !== (key === null)) mistake('must have sslcert and sslkey together')
  return {
    mode,
    isDirect,
    rootCertificate,
    certificate,
    key,
    keyPassword: given.get('sslpassword') || null,
    channelBinding,
  }
}

/** Returns a parameter with one of these values; null if it is absent. */
function oneOf<T extends string>(given: Map<string, string>, name: string, allowed: readonly T[]): T | null {
  const value = given.get(name)
  if (value === undefined) return null
  const found = allowed.find((one) => one === value)
  const written = /^[\w-]{1,32}$/.test(value) ? `${name}=${value}` : `another ${name}`
  return found ?? mistake(`has ${written}; ${name} must be one of ${allowed.join(', ')}`)
}

/** Talad writes, so only these values make sense. */
const WRITABLE = ['any', 'read-write', 'primary'] as const

function timeoutOf(given: Map<string, string>): number {
  oneOf(given, 'target_session_attrs', WRITABLE)
  const text = given.get('connect_timeout') || String(CONNECT_TIMEOUT_S)
  if (!/^\d{1,4}$/.test(text)) mistake('has a connect_timeout that is not a whole number of seconds')
  // In libpq 0 means no limit, but a server that waits for ever answers no request.
  return (Number(text) || CONNECT_TIMEOUT_S) * 1000
}

/**
 * Parses `-c name=value` and `--name=value`. The settings are applied after connecting, because poolers refuse `options`.
 */
function settingsOf(options: string): Record<string, string> {
  const settings: Record<string, string> = {}
  // A backslash escapes the next character.
  const words = (options.match(/(?:\\.|[^\s\\])+/gs) ?? []).map((word) => word.replaceAll(/\\(.)/gs, '$1'))
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    const text = word === '-c' ? (words[++at] ?? '') : word.replace(/^(?:-c|--)/, '')
    const [, name, value] = /^([\w.-]+)=(.*)$/s.exec(text) ?? []
    if (name === undefined || value === undefined || !word.startsWith('-'))
      mistake('has options that cannot be read; write them as -c name=value')
    settings[name.replaceAll('-', '_')] = value
  }
  return settings
}

function decoded(text: string, what: string): string {
  try {
    const value = decodeURIComponent(text)
    return value.includes('\0') ? mistake(`has a zero byte in ${what}`) : value
  } catch (error) {
    if (error instanceof ConnectionUrlMistake) throw error
    return mistake(`has a percent sign in ${what} that is not followed by two hexadecimal digits; write % as %25`)
  }
}

/** Returns the account that runs this process, the default user of libpq. */
function accountName(): string {
  try {
    return userInfo().username
  } catch {
    return mistake('must name a user: the account that runs this process has no name')
  }
}

function mistake(message: string): never {
  throw new ConnectionUrlMistake(message)
}
