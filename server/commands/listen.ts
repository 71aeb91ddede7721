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
import { listenForStop, type Stop } from './stop.ts'
import { print, say } from './terminal.ts'
import { examples, nearest, UsageMistake } from './usage.ts'

// Webhooks for a machine that nobody can reach: it reads the log over the API, as any partner can, and brings each event
// to a local server, signed as a webhook is.

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
    .description('bring events to a server on this machine, signed as webhooks, for development')
    .requiredOption('--forward-to <url>', 'where to bring them', forwardUrl)
    .option('--client-id <id>', 'whose events: an application’s client_id (default: one of demo.json)')
    .option('--client-secret <secret>', 'its client_secret')
    .option('--app <name>', 'which application of demo.json', 'all')
    .option('--base-url <url>', 'where the API is (default: what demo.json says)')
    .option('--event-type <type>', 'only events of this type; may be repeated', eventTypes)
    .option('--after <position>', 'begin after this position of the log', position, 'latest')
    .option('--secret <secret>', 'sign with this secret: whsec_… (default: a new one, which is shown)', secret)
    .addHelpText(
      'after',
      '\nAn event that nothing listens for waits until something does; one that is answered by an error is shown as such, and\nthe next one follows. Events have no contact data (PII): read the customer.',
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
    `There is no event type ${text}; ${near ? `did you mean ${near}?` : `there are ${EVENT_TYPES.join(', ')}.`}`,
  )
}

function position(text: string): string {
  if (/^(latest|0|[1-9]\d{0,15})$/.test(text)) return text
  throw new UsageMistake(`--after must be a position of the log or latest, not ${text}.`)
}

function secret(text: string): string {
  if (/^whsec_[\w+/-]{16,}={0,2}$/.test(text)) return text
  throw new UsageMistake('--secret must be whsec_ and base64, as the API shows it.')
}

/** Who reads, and where. */
type Account = { api: string; clientId: string; clientSecret: string }

async function accountOf({ dataDir }: Config, options: Options): Promise<Account> {
  const { clientId, clientSecret, baseUrl } = options
  if ((clientId === undefined) !== (clientSecret === undefined))
    throw new UsageMistake('--client-id and --client-secret go together.')
  const demo = clientId === undefined || baseUrl === undefined ? await readDemo(dataDir) : null
  const url = baseUrl ?? demo?.base_url
  if (url === undefined)
    throw new UsageMistake(`Say where the API is: --base-url (there is no demo.json in ${dataDir}).`)
  const api = `${url.replace(/\/+$/, '')}/api/partner/v1`
  if (clientId !== undefined && clientSecret !== undefined) return { api, clientId, clientSecret }
  if (!demo)
    throw new UsageMistake(`Say whose events: --client-id and --client-secret (there is no demo.json in ${dataDir}).`)
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
    // Said below.
  }
  throw new StartError(`${file} is damaged: restore it, or give --base-url, --client-id and --client-secret.`)
}

/** How often the log is asked for more; an application may ask ten times a second. */
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

/** Asks the API: with a new token when the old one ends, again when it is away, later when it was too much. */
function session({ api, clientId, clientSecret }: Account, stop: Stop) {
  let token: string | null = null
  const newToken = async () => {
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
    const response = await fetch(`${api}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) })
    const body = (await response.json()) as { access_token: string; message: string }
    if (response.status === 401) throw new StartError(`The API does not know this application: ${body.message}.`)
    return response.ok ? body.access_token : null
  }
  // biome-ignore lint/suspicious/noExplicitAny: it is the API's contract
  return async (path: string): Promise<any> => {
    for (let isSaid = false; ; ) {
      try {
        token ??= await newToken()
        const response = await fetch(api + path, { headers: { authorization: `Bearer ${token}` } })
        // biome-ignore lint/suspicious/noExplicitAny: it is the API's contract
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

/** Brings one event, as a webhook would; waits while nothing listens there. */
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

/** Why there was no answer, and whether that may pass while it is waited for. */
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
    return { words: `${origin} does not speak this protocol (${code}): try http:// or https://`, isPassing: false }
  if (code === 'ENOTFOUND') return { words: `There is no host of the name in ${origin} (${code})`, isPassing: false }
  if (code === 'ECONNREFUSED') return { words: `Nothing listens on ${url}`, isPassing: true }
  return { words: `${origin} does not answer${code && ` (${code})`}`, isPassing: true }
}
