import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { ConnectionUrlMistake, parseConnectionUrl } from './db/connection/connection_url.ts'
import { StartError } from './db/start_error.ts'
import {
  DATABASE_CONNECTIONS,
  DATABASE_CONNECTIONS_MAX,
  DATABASE_CONNECTIONS_MIN,
  DEMO_SALES,
  DEMO_SALES_MAX,
  DEMO_SALES_MIN,
} from './limits.ts'
import { nearest } from './nearest.ts'
import { isEmail } from './values/email.ts'

// The only file that reads the environment. It reads it once, into a frozen object, and reports all mistakes together.

export type ContentCoding = 'zstd' | 'gzip'
const CONTENT_CODINGS: readonly ContentCoding[] = ['zstd', 'gzip']

export type Config = Readonly<{
  host: string
  port: number
  /** Null: uses the embedded database. */
  databaseUrl: string | null
  /** How many database connections one process of serve or work may open. */
  databaseConnections: number
  dataDir: string
  /** File of erasures, outside of the database. */
  erasures: string
  /** Base URL of the API for partners, without a path; null: the address on which the server listens. */
  publicUrl: string | null
  /** Null: generated, for the embedded database. */
  secretKey: Buffer | null
  /** Whether to fill an empty database with the demo business. */
  demo: boolean
  /** Number of sales of the demo business. */
  demoSales: number
  /** Whether to serve the developer site, and to build it if it is missing. */
  site: boolean
  /** Whether to serve the pages of the console, and to build them if they are missing. */
  console: boolean
  trustedProxies: string[]
  /** Whether the server runs in a container, for the advice of talad doctor. */
  container: boolean
  /** The content codings of responses, preferred ones first; empty: none. */
  compression: readonly ContentCoding[]
  /** Whether webhooks can be sent to this machine over http. */
  allowLocalWebhooks: boolean
  /** Bearer token for /metrics on the port of the API; null: /metrics is not available there. */
  metricsToken: string | null
  /** Port on 127.0.0.1 that serves /metrics without a token; null: none. */
  metricsPort: number | null
  /** The mail server and the address of the sender; null: no mail. */
  mail: Readonly<{ url: string; from: string }> | null
  logLevel: string
  /** What is sent by OpenTelemetry. The packages of OpenTelemetry read the other OTEL_* variables themselves. */
  telemetry: Readonly<{ traces: boolean; logs: boolean }>
}>

/** Every environment variable, its purpose and its default: `talad serve --help` prints this table. */
export const VARIABLES: Record<string, { about: string; standard: string }> = {
  PORT: { about: 'Port to listen on', standard: '3000' },
  HOST: { about: 'Address to listen on', standard: '127.0.0.1' },
  DATABASE_URL: {
    about: 'PostgreSQL database (version 15 to 18) to use instead of the embedded one',
    standard: 'none',
  },
  TALAD_DATABASE_CONNECTIONS: {
    about: `Database connections of one process, ${DATABASE_CONNECTIONS_MIN} to ${DATABASE_CONNECTIONS_MAX}`,
    standard: String(DATABASE_CONNECTIONS),
  },
  TALAD_DATA_DIR: { about: 'Folder of the embedded database and demo.json', standard: './.talad' },
  TALAD_ERASURES: {
    about: 'File of erased customers, which an old backup must not bring back; keep a copy elsewhere',
    standard: 'erasures.ndjson in TALAD_DATA_DIR',
  },
  TALAD_PUBLIC_URL: { about: 'Base URL of the API for partners, without a path', standard: 'HOST and PORT' },
  TALAD_SECRET_KEY: {
    about: '32 bytes, as 64 hexadecimal digits or in base64; required with DATABASE_URL',
    standard: 'generated',
  },
  TALAD_DEMO: {
    about: '1 fills an empty database with the demo business, 0 does not',
    standard: '1 with the embedded database',
  },
  TALAD_DEMO_SALES: {
    about: 'Number of sales of the demo business; it gets a quarter as many customers',
    standard: '20000',
  },
  TALAD_SITE: { about: '0 turns the developer site off', standard: '1' },
  TALAD_CONSOLE: { about: '0 turns the pages of the console off', standard: '1' },
  TALAD_TRUSTED_PROXIES: {
    about: 'Addresses of proxies whose X-Forwarded-For is trusted, separated by commas',
    standard: 'none',
  },
  TALAD_CONTAINER: { about: '1 says that the server runs in a container, for talad doctor', standard: '0' },
  TALAD_COMPRESSION: {
    about: 'Content codings of responses, preferred ones first, separated by commas; 0 for none',
    standard: CONTENT_CODINGS.join(),
  },
  TALAD_ALLOW_LOCAL_WEBHOOKS: {
    about: '1 allows webhooks to this machine over http, for development',
    standard: '0',
  },
  TALAD_METRICS_PORT: { about: 'Port on 127.0.0.1 that serves /metrics', standard: 'none' },
  TALAD_METRICS_TOKEN: { about: 'Bearer token for /metrics on PORT', standard: 'none: /metrics is off' },
  TALAD_SMTP_URL: {
    about: 'Mail server, smtp://user:password@host:587 or smtps://…; it mails checkpoints of the ledger',
    standard: 'none',
  },
  TALAD_MAIL_FROM: { about: 'Address of the sender; required with TALAD_SMTP_URL', standard: 'none' },
  LOG_LEVEL: { about: 'Log level: trace, debug, info, warn, error or silent', standard: 'info' },
}

/** Variables whose value no message may contain. The database URL contains a password. */
const SECRETS = new Set(['DATABASE_URL', 'TALAD_SECRET_KEY', 'TALAD_METRICS_TOKEN', 'TALAD_SMTP_URL'])

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent']

/** Variables of the SDK, its command line and the examples on the site, which are often set in the same terminal. */
const OF_PARTNERS = new Set([
  'TALAD_BASE_URL',
  'TALAD_CLIENT_ID',
  'TALAD_CLIENT_SECRET',
  'TALAD_TOKEN',
  'TALAD_PROFILE',
])

/** Reads one variable, or returns its standard. @param allowed the values, for the message about another one */
type ReadVariable = <T>(name: string, standard: T, parse: (text: string) => T | undefined, allowed: string) => T

/**
 * Reads the environment.
 *
 * @throws StartError with one line for each mistake
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const mistakes: string[] = []
  const read: ReadVariable = (name, standard, parse, allowed) => {
    const text = environment[name]
    if (text === undefined || text === '') return standard
    const value = parse(text)
    if (value === undefined) mistakes.push(`${name} must be ${allowed}${SECRETS.has(name) ? '' : `, not ${text}`}.`)
    return value ?? standard
  }

  mistakes.push(...unknownNames(environment))
  const databaseUrl = databaseUrlFrom(environment, mistakes)
  const config: Config = {
    port: read('PORT', 3000, port, 'a port from 0 to 65535'),
    host: read('HOST', '127.0.0.1', hostName, 'an IP address or a host name'),
    databaseUrl,
    ...placesFrom((name, what) =>
      read<string | null>(name, null, folder, `${what}; a path that starts with ~ needs a home folder`),
    ),
    databaseConnections: read(
      'TALAD_DATABASE_CONNECTIONS',
      DATABASE_CONNECTIONS,
      wholeWithin(DATABASE_CONNECTIONS_MIN, DATABASE_CONNECTIONS_MAX),
      `a whole number from ${DATABASE_CONNECTIONS_MIN} to ${DATABASE_CONNECTIONS_MAX}`,
    ),
    publicUrl: read<string | null>(
      'TALAD_PUBLIC_URL',
      null,
      originUrl,
      'an http or https URL without a path, such as https://api.example.com',
    ),
    secretKey: read<Buffer | null>(
      'TALAD_SECRET_KEY',
      null,
      key,
      '32 bytes, as 64 hexadecimal digits or in base64 (openssl rand -hex 32)',
    ),
    demo: read('TALAD_DEMO', databaseUrl === null, flag, '1 or 0'),
    demoSales: read(
      'TALAD_DEMO_SALES',
      DEMO_SALES,
      wholeWithin(DEMO_SALES_MIN, DEMO_SALES_MAX),
      `a whole number from ${DEMO_SALES_MIN} to ${DEMO_SALES_MAX}`,
    ),
    allowLocalWebhooks: read('TALAD_ALLOW_LOCAL_WEBHOOKS', false, flag, '1 or 0'),
    site: read('TALAD_SITE', true, flag, '1 or 0'),
    console: read('TALAD_CONSOLE', true, flag, '1 or 0'),
    trustedProxies: read(
      'TALAD_TRUSTED_PROXIES',
      [],
      proxies,
      'addresses or networks separated by commas, such as 10.0.0.1,192.168.0.0/16',
    ),
    container: read('TALAD_CONTAINER', false, flag, '1 or 0'),
    compression: read('TALAD_COMPRESSION', CONTENT_CODINGS, codings, 'zstd,gzip or one of them, or 0'),
    metricsPort: read<number | null>('TALAD_METRICS_PORT', null, port, 'a port from 0 to 65535'),
    metricsToken: read<string | null>(
      'TALAD_METRICS_TOKEN',
      null,
      (text) => (text.length >= 16 ? text : undefined),
      'at least 16 characters',
    ),
    mail: mailFrom(read, mistakes),
    logLevel: read('LOG_LEVEL', 'info', logLevel, `one of ${LOG_LEVELS.join(', ')}`),
    telemetry: telemetryFrom(environment, mistakes),
  }
  mistakes.push(...mistakesTogether(config, environment))
  if (mistakes.length > 0) throw new StartError(mistakes.join('\n'))
  return Object.freeze(config)
}

/** Returns mistakes of variables that are right one by one. */
function mistakesTogether(config: Config, environment: NodeJS.ProcessEnv): string[] {
  const mistakes: string[] = []
  if (config.databaseUrl && !environment.TALAD_SECRET_KEY)
    mistakes.push(
      'TALAD_SECRET_KEY is required with DATABASE_URL: 32 bytes, as 64 hexadecimal digits (openssl rand -hex 32). Keep this key: it encrypts signing keys and secrets.',
    )
  if (config.metricsPort !== null && config.metricsPort !== 0 && config.metricsPort === config.port)
    mistakes.push('TALAD_METRICS_PORT must differ from PORT.')
  return mistakes
}

function databaseUrlFrom(environment: NodeJS.ProcessEnv, mistakes: string[]): string | null {
  if (!environment.DATABASE_URL) return null
  const url = completedUrl(environment.DATABASE_URL, environment)
  mistakes.push(...urlMistakes(url))
  return url
}

/** Reads what OpenTelemetry sends: nothing, unless an endpoint is named. */
function telemetryFrom(environment: NodeJS.ProcessEnv, mistakes: string[]): Config['telemetry'] {
  const { OTEL_SDK_DISABLED, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = environment
  if (OTEL_SDK_DISABLED?.toLowerCase() === 'true') return { traces: false, logs: false }
  const isOn = (what: 'TRACES' | 'LOGS') =>
    Boolean(endpoint || environment[`OTEL_EXPORTER_OTLP_${what}_ENDPOINT`]) &&
    environment[`OTEL_${what}_EXPORTER`] !== 'none'
  const telemetry = { traces: isOn('TRACES'), logs: isOn('LOGS') }
  for (const name of ['', 'TRACES_', 'LOGS_'].map((part) => `OTEL_EXPORTER_OTLP_${part}PROTOCOL`)) {
    const protocol = environment[name]
    if ((telemetry.traces || telemetry.logs) && protocol && protocol !== 'http/json')
      mistakes.push(`${name} must be http/json, the protocol that Talad sends, not ${protocol}.`)
  }
  return telemetry
}

/** Reads the paths. Their standards only where they are needed: the current folder may be gone. */
function placesFrom(read: (name: string, what: string) => string | null): Pick<Config, 'dataDir' | 'erasures'> {
  const dataDir = read('TALAD_DATA_DIR', 'a folder') ?? resolve('.talad')
  return { dataDir, erasures: read('TALAD_ERASURES', 'a file') ?? join(dataDir, 'erasures.ndjson') }
}

function mailFrom(read: ReadVariable, mistakes: string[]): Config['mail'] {
  const url = read<string | null>('TALAD_SMTP_URL', null, smtpUrl, 'smtp:// or smtps:// with a host')
  const from = read<string | null>('TALAD_MAIL_FROM', null, emailAddress, 'an email address')
  if (url !== null && from === null) mistakes.push('TALAD_MAIL_FROM is required with TALAD_SMTP_URL.')
  return url === null || from === null ? null : Object.freeze({ url, from })
}

/** Returns a mistake for each variable of ours that does not exist. */
const unknownNames = (environment: NodeJS.ProcessEnv): string[] =>
  Object.keys(environment)
    .filter((name) => name.startsWith('TALAD_') && !Object.hasOwn(VARIABLES, name) && !OF_PARTNERS.has(name))
    .map((name) => {
      // Other variables have no prefix: TALAD_PORT means PORT.
      const near = nearest(withoutPrefix(name), Object.keys(VARIABLES).map(withoutPrefix))
      const meant = Object.keys(VARIABLES).find((known) => withoutPrefix(known) === near)
      return `${name} is unknown; ${meant ? `did you mean ${meant}?` : 'talad serve --help lists the variables.'}`
    })

const withoutPrefix = (name: string): string => name.replace(/^TALAD_/, '')

function urlMistakes(databaseUrl: string): string[] {
  try {
    parseConnectionUrl(databaseUrl)
    return []
  } catch (error) {
    if (!(error instanceof ConnectionUrlMistake)) throw error
    return [`DATABASE_URL ${error.message}.`]
  }
}

const hostName = (text: string) => (isIP(text) || /^[\w.-]+$/.test(text) ? text : undefined)

const logLevel = (text: string) => (LOG_LEVELS.includes(text) ? text : undefined)

const flag = (text: string) => ({ '1': true, '0': false })[text]

const wholeWithin = (least: number, most: number) => (text: string) => {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  return value >= least && value <= most ? value : undefined
}

const port = (text: string) => (/^\d{1,5}$/.test(text) && Number(text) <= 65535 ? Number(text) : undefined)

/** Adds the user and password that libpq would take from the environment to a connection URL. */
function completedUrl(url: string, { PGUSER, PGPASSWORD }: NodeJS.ProcessEnv): string {
  const authority = /^[^:]*:\/\/([^/?]*)/.exec(url)?.[1] ?? ''
  const [user = '', ...password] = authority.slice(0, Math.max(authority.lastIndexOf('@'), 0)).split(':')
  const isGiven = (name: string) => new RegExp(`[?&]${name}=.`).test(url)
  const more = [
    ...(PGUSER && user === '' && !isGiven('user') ? [`user=${encodeURIComponent(PGUSER)}`] : []),
    ...(PGPASSWORD && password.join('') === '' && !isGiven('password')
      ? [`password=${encodeURIComponent(PGPASSWORD)}`]
      : []),
  ]
  return more.length === 0 ? url : `${url}${url.includes('?') ? '&' : '?'}${more.join('&')}`
}

function originUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, origin, href, username } = new URL(text)
  return /^https?:$/.test(protocol) && username === '' && href === `${origin}/` ? origin : undefined
}

function smtpUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, hostname, pathname, search } = new URL(text)
  return /^smtps?:$/.test(protocol) && hostname !== '' && /^\/?$/.test(pathname) && search === '' ? text : undefined
}

const emailAddress = (text: string) => (isEmail(text) ? text : undefined)

/** Parses a key of 64 hexadecimal digits, or 32 bytes in base64. */
export function key(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  const bytes = Buffer.from(text, 'base64')
  return /^[\w+/-]{43}=?$/.test(text) && bytes.length === 32 ? bytes : undefined
}

function folder(text: string): string | undefined {
  if (!/^~(\/|$)/.test(text)) return resolve(text)
  try {
    return join(homedir(), text.slice(1))
  } catch {
    return undefined
  }
}

function proxies(text: string): string[] | undefined {
  const list = text.split(',').map((part) => part.trim())
  return list.every(isNetwork) ? list : undefined
}

function codings(text: string): readonly ContentCoding[] | undefined {
  if (text === '0') return []
  const list = text.split(',').map((part) => CONTENT_CODINGS.find((coding) => coding === part.trim()))
  const known = list.filter((coding) => coding !== undefined)
  return known.length === list.length && new Set(known).size === list.length ? known : undefined
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

/** Returns whether to print the stack of an unexpected error. Works even if nothing else does. */
export const wantsStacks = (environment: NodeJS.ProcessEnv = process.env): boolean =>
  ['debug', 'trace'].includes(environment.LOG_LEVEL ?? '')
