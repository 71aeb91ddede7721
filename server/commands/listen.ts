import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import type { Config } from '../config.ts'
import { StartError } from '../db/start_error.ts'
import type { DemoFile } from '../demo/demo.ts'
import { EVENT_TYPES, type EventType } from '../events/event_types.ts'
import { EXCHANGE_TIMEOUT_MS } from '../limits.ts'
import { signed } from '../webhooks/sending/message.ts'
import { newSecret } from '../webhooks/sending/sign.ts'
import { listenForStop, type Stop } from './process/stop.ts'
import { print, say } from './terminal/terminal.ts'
import { examples, nearest, UsageMistake } from './terminal/usage.ts'

// Delivers webhooks to a machine that is not reachable from outside. It reads the event log over the API, as a partner can,
// and sends each event to a local server, signed like a webhook.

type Options = {
  forwardTo: string
  clientId?: string
  clientSecret?: string
  app: string
  baseUrl?: string
  eventType?: EventType[]
  after: string
  secret?: string
}

export const listenCommand = (config: () => Config): Command =>
  new Command('listen')
    .description('send events to a local server as signed webhooks, for development')
    .requiredOption('--forward-to <url>', 'URL that receives the events', forwardUrl)
    .option('--client-id <id>', 'client_id of the application (default: from demo.json)')
    .option('--client-secret <secret>', 'client_secret of the application')
    .option('--app <name>', 'name of an application in demo.json', 'all')
    .option('--base-url <url>', 'base URL of the API (default: from demo.json)')
    .option('--event-type <type>', 'only events of this type; can be repeated', eventTypes)
    .option('--after <position>', 'start after this position of the log', position, 'latest')
    .option('--secret <secret>', 'signing secret, whsec_… (default: a new one, which is printed)', secret)
    .addHelpText(
      'after',
      '\nIf nothing listens on the URL, an event waits. If the receiver answers with an error, its status is printed and the\nnext event follows. Events contain no contact data (PII): read the customer over the API.',
    )
    .addHelpText(
      'after',
      examples(
        'talad listen --forward-to http://localhost:4000/hook',
        'talad listen --forward-to http://localhost:4000/hook --event-type sale.created --after 0',
        'talad listen --forward-to http://localhost:4000/hook --base-url https://api.example.com --client-id talad_… --client-secret talad_sk_…',
      ),
    )
    .action(async (options: Options) => follow(await accountOf(config(), options), options, listenForStop()))

function forwardUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text
  throw new UsageMistake(`--forward-to must be a URL, such as http://localhost:4000/hook, not ${text}.`)
}

function eventTypes(text: string, before: EventType[] = []): EventType[] {
  if ((EVENT_TYPES as string[]).includes(text)) return [...new Set([...before, text as EventType])]
  const near = nearest(text, EVENT_TYPES)
  throw new UsageMistake(
    `Unknown event type ${text}; ${near ? `did you mean ${near}?` : `the event types are ${EVENT_TYPES.join(', ')}.`}`,
  )
}

function position(text: string): string {
  if (/^(latest|0|[1-9]\d{0,15})$/.test(text)) return text
  throw new UsageMistake(`--after must be a position of the log or latest, not ${text}.`)
}

function secret(text: string): string {
  if (/^whsec_[\w+/-]{16,}={0,2}$/.test(text)) return text
  throw new UsageMistake('--secret must be whsec_ followed by base64, as the API shows it.')
}

/** The application that reads, and the base URL. */
type Account = { api: string; clientId: string; clientSecret: string }

async function accountOf({ dataDir }: Config, options: Options): Promise<Account> {
  const { clientId, clientSecret, baseUrl } = options
  if ((clientId === undefined) !== (clientSecret === undefined))
    throw new UsageMistake('--client-id and --client-secret must be used together.')
  const demo = clientId === undefined || baseUrl === undefined ? await readDemo(dataDir) : null
  const url = baseUrl ?? demo?.base_url
  if (url === undefined)
    throw new UsageMistake(`Specify the base URL of the API with --base-url (there is no demo.json in ${dataDir}).`)
  const api = `${url.replace(/\/+$/, '')}/api/partner/v1`
  if (clientId !== undefined && clientSecret !== undefined) return { api, clientId, clientSecret }
  if (!demo)
    throw new UsageMistake(
      `Specify the application with --client-id and --client-secret (there is no demo.json in ${dataDir}).`,
    )
  const known = demo.applications.find(({ name }) => name === options.app)
  if (known) return { api, clientId: known.client_id, clientSecret: known.client_secret }
  const names = demo.applications.map(({ name }) => name)
  throw new UsageMistake(`demo.json has no application ${options.app}; it has ${names.join(', ')}.`)
}

async function readDemo(dataDir: string): Promise<DemoFile | null> {
  const file = join(dataDir, 'demo.json')
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
    throw error
  })
  try {
    const demo = JSON.parse(text ?? 'null') as DemoFile | null
    if (text === null || Array.isArray(demo?.applications)) return demo
  } catch {
    // Reported below.
  }
  throw new StartError(`${file} is damaged: restore it, or give --base-url, --client-id and --client-secret.`)
}

/** Poll interval; an application may send ten requests per second. */
const EVERY_MS = 1000

type Event = {
  id: string
  position: number
  type: string
  business_id: string
  branch_id: string | null
  occurred_at: string
  created_at: string
  data: object
}

/** Follows the log until it is told to stop. */
async function follow(account: Account, options: Options, stop: Stop): Promise<void> {
  const api = session(account, stop)
  const key = options.secret ?? newSecret()
  const types = options.eventType?.map((type) => `&event_type=${type}`).join('') ?? ''
  const webhookId = randomUUID()
  let after = options.after
  if (after === 'latest') after = String((await api('/events?after=latest')).pagination.next_after)
  print(`Events after position ${after} go to ${options.forwardTo}, signed with\n\n  ${key}\n\nCtrl-C stops.\n`)
  for (let sequence = 1; !stop.isTold(); ) {
    const { data, pagination } = await api(`/events?after=${after}${types}`)
    for (const event of data as Event[]) {
      if (stop.isTold()) return
      await bring(event, sequence, { url: options.forwardTo, key, webhookId }, stop)
      sequence += 1
    }
    after = String(pagination.next_after)
    if (!pagination.has_more) await Promise.race([sleep(EVERY_MS), stop.told])
  }
}

/**
 * Returns a function that calls the API. It renews expired tokens, and retries when the API is unavailable or the rate limit
 * is reached.
 */
function session({ api, clientId, clientSecret }: Account, stop: Stop) {
  let token: string | null = null
  const newToken = async () => {
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
    const response = await fetch(`${api}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) })
    const body = (await response.json()) as { access_token: string; message: string }
    if (response.status === 401) throw new StartError(`The API rejected the credentials: ${body.message}.`)
    return response.ok ? body.access_token : null
  }
  // biome-ignore lint/suspicious/noExplicitAny: the type is defined by the API's contract
  return async (path: string): Promise<any> => {
    for (let isSaid = false; ; ) {
      try {
        token ??= await newToken()
        const response = await fetch(api + path, { headers: { authorization: `Bearer ${token}` } })
        // biome-ignore lint/suspicious/noExplicitAny: the type is defined by the API's contract
        const body = (await response.json()) as any
        if (response.ok) return body
        if (response.status === 401) token = null
        else if (response.status === 400)
          throw new StartError(`${body.details?.[0]?.field}: ${body.details?.[0]?.message}.`)
        await sleep(Number(response.headers.get('retry-after') ?? 1) * 1000)
      } catch (error) {
        if (error instanceof StartError) throw error
        const { words, isPassing } = troubleWith(api, error)
        if (!isPassing) throw new StartError(`${words}.`)
        if (!isSaid) say(`${words}; trying again …`)
        isSaid = true
        await Promise.race([sleep(EVERY_MS), stop.told])
        if (stop.isTold()) return { data: [], pagination: { next_after: 0, has_more: false } }
      }
    }
  }
}

/** Sends one event like a webhook; waits while nothing listens on the URL. */
async function bring(
  event: Event,
  sequence: number,
  to: { url: string; key: string; webhookId: string },
  stop: Stop,
): Promise<void> {
  for (let isSaid = false; !stop.isTold(); isSaid = true) {
    const { url, headers, body } = signed(to.url, [to.key], new Date(), {
      envelope: { ...event, webhook_id: to.webhookId, sequence },
      data: Buffer.from(JSON.stringify(event.data).slice(1, -1)),
      headers: { 'webhook-attempt': '1' },
    })
    const signal = AbortSignal.timeout(EXCHANGE_TIMEOUT_MS)
    const sentAt = performance.now()
    const outcome: string | Trouble = await fetch(url, {
      method: 'POST',
      headers,
      body: new Uint8Array(body),
      redirect: 'manual',
      signal,
    }).then(
      async (response) => {
        await response.arrayBuffer()
        return String(response.status)
      },
      (error: Error) => (error.name === 'TimeoutError' ? 'no answer in time' : troubleWith(to.url, error)),
    )
    if (typeof outcome === 'string') {
      const took = Math.round(performance.now() - sentAt)
      return print(
        `${String(event.position).padStart(8)}  ${event.type.padEnd(24)}  ${event.id}  ${outcome}  ${took} ms`,
      )
    }
    if (!outcome.isPassing) throw new StartError(`${outcome.words}.`)
    if (!isSaid) say(`${outcome.words}; event ${event.position} waits …`)
    await Promise.race([sleep(EVERY_MS), stop.told])
  }
}

const NOT_TRUSTED = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_UNTRUSTED)$/

/** The reason why there was no answer, and whether waiting may help. */
type Trouble = { words: string; isPassing: boolean }

function troubleWith(url: string, error: unknown): Trouble {
  const { origin } = new URL(url)
  const { cause } = error as { cause?: { code?: string; errors?: { code?: string }[] } }
  const code = cause?.code ?? cause?.errors?.[0]?.code ?? ''
  if (NOT_TRUSTED.test(code))
    return {
      words: `The certificate of ${origin} is not trusted (${code}): set NODE_EXTRA_CA_CERTS to the PEM file of its certificate authority`,
      isPassing: false,
    }
  if (/CERT/.test(code))
    return {
      words: `The certificate of ${origin} is refused (${code}): renew it, or check the host name`,
      isPassing: false,
    }
  if (/^(ERR_SSL_|EPROTO|HPE_)/.test(code))
    return { words: `${origin} does not use this protocol (${code}): try http:// or https://`, isPassing: false }
  if (code === 'ENOTFOUND')
    return { words: `The host name of ${origin} cannot be resolved (${code})`, isPassing: false }
  if (code === 'ECONNREFUSED') return { words: `Nothing listens on ${url}`, isPassing: true }
  return { words: `${origin} does not answer${code && ` (${code})`}`, isPassing: true }
}
