import { Command, Option } from 'commander'
import type { App } from '../app.ts'
import type { Config } from '../config.ts'
import { pause, resume } from '../console/applications/pauses.ts'
import { actByCommand, writeAct } from '../console/audit/audit.ts'
import type { Database } from '../db/database.ts'
import { HISTORY_DAYS, RATE_PER_SECOND, RATE_REQUESTS } from '../limits.ts'
import { nearest } from '../nearest.ts'
import {
  type Application,
  createApplication,
  editApplication,
  listApplications,
  Refusal,
  resolveApplication,
  revokeApplication,
  revokeSecret,
  rotateSecret,
} from '../oauth/applications.ts'
import {
  type ApplicationKind,
  isScope,
  KINDS,
  purposeMistake,
  SCOPES,
  type Scope,
  scopesMistake,
  TOKEN_SCOPES,
} from '../scopes.ts'
import { businessName, businessOf } from './business.ts'
import { deciderOf } from './customers.ts'
import { withApp } from './session.ts'
import { applicationJson, printApplication } from './terminal/shown_application.ts'
import { print, printJson, printTable } from './terminal/terminal.ts'
import { examples, oneLine, UsageMistake } from './terminal/usage.ts'

const scopesHelp = `\nScopes:\n${TOKEN_SCOPES.map((scope) => `  ${scope.padEnd(20)} ${SCOPES[scope].en}`).join('\n')}`

export function appCommand(config: () => Config): Command {
  const command = new Command('app')
    .description(
      'Manage the applications that may call the API. Commands accept the name, the client_id or the id of an application.',
    )
    .summary('Manage the applications that may call the API')
  for (const add of [addCreate, addList, addShow, addEdit, addRotate, addPause, addResume, addRevoke])
    add(command, config)
  return command
}

function addCreate(command: Command, config: () => Config): void {
  grantOptions(
    command
      .command('create')
      .argument('<name>', 'Name of the application, in quotes if it contains spaces', businessName)
      .description('Create an application and show its secret once'),
    NEW,
  )
    .option('--business <business>', 'Owner of the application, by id or name (required if several businesses exist)')
    .addOption(
      new Option('--kind <kind>', 'Kind: partner reads data, pos writes data through the Ingest API')
        .argParser(kind)
        .default('partner'),
    )
    .option('--json', 'Print JSON')
    .addHelpText('after', scopesHelp)
    .addHelpText(
      'after',
      examples(
        "talad app create crm --scope read:customers --purpose 'Deliver orders' --legal-basis contract",
        'talad app create siam-dashboard --scope read:sales --branch BKK01',
        'talad app create till --kind pos --json',
      ),
    )
    .action((name: string, options: GrantOptions & { kind: ApplicationKind; business?: string; json?: true }) => {
      const scopes = options.scope ?? (options.kind === 'pos' ? KINDS.pos : [])
      if (scopes.length === 0)
        throw new UsageMistake(
          'Specify at least one scope, for example --scope read:sales (talad app create --help lists the scopes).',
        )
      const mistake = scopesMistake(options.kind, scopes) ?? purposeMistake(scopes, options)
      if (mistake) throw new UsageMistake(mistake)
      const rate = rateOf(options)
      return withApp(config(), async ({ db, clock }) => {
        const businessId = await businessOf(db, options.business)
        const branches = options.branch ? await branchesOf(db, businessId, options.branch) : ('all' as const)
        const { historyDays, purpose, legalBasis, contact } = options
        const wanted = {
          businessId,
          name,
          kind: options.kind,
          scopes: [...scopes],
          branches,
          rate,
          historyDays,
          purpose,
          legalBasis,
          contact,
        }
        const created = await createApplication(db, wanted, clock())
        if (options.json) return printJson(applicationJson(created, created.client_secret))
        printApplication(created)
        showSecret(created.client_secret)
      })
    })
}

function addList(command: Command, config: () => Config): void {
  command
    .command('list')
    .description('List the applications')
    .option('--business <business>', 'Only applications of this business, by id or name')
    .option('--json', 'Print JSON, including secret IDs and their last use')
    .addHelpText('after', examples('talad app list', "talad app list --business 'Jaidee Kitchen' --json"))
    .action(({ business, json }: { business?: string; json?: true }) =>
      withApp(config(), async ({ db }) => {
        const applications = await listApplications(db, business === undefined ? null : await businessOf(db, business))
        if (json) return printJson(applications.map((application) => applicationJson(application)))
        if (applications.length === 0)
          return print('No application exists yet; create one: talad app create <name> --scope read:sales')
        printTable(
          applications.map((application) => ({
            name: application.name,
            client_id: application.client_id,
            kind: application.kind,
            state: application.revoked_at
              ? `revoked ${application.revoked_at.toISOString().slice(0, 10)}`
              : application.paused_at
                ? 'paused'
                : 'active',
            branches: application.branch_ids === null ? 'all' : String(application.branch_ids.length),
            'last used': application.last_used_at?.toISOString() ?? 'never',
            scopes: application.scopes.join(' '),
          })),
        )
      }),
    )
}

function addShow(command: Command, config: () => Config): void {
  command
    .command('show <application>')
    .description('Show an application and the last use of each of its secrets')
    .option('--json', 'Print JSON')
    .addHelpText(
      'after',
      examples('talad app show crm', 'talad app show talad_0123456789abcdef0123456789abcdef --json'),
    )
    .action((word: string, { json }: { json?: true }) =>
      withApp(config(), async ({ db }) => {
        const application = await resolveApplication(db, word)
        if (json) printJson(applicationJson(application))
        else printApplication(application)
      }),
    )
}

function addEdit(command: Command, config: () => Config): void {
  grantOptions(command.command('edit <application>').description('Change an application'), UNCHANGED)
    .option('--name <name>', 'New name', businessName)
    .addOption(new Option('--all-branches', 'All branches, including future ones').conflicts('branch'))
    .option('--json', 'Print JSON')
    .addHelpText(
      'after',
      '\n--scope and --branch replace the previous values. New rights apply to the next token. Withdrawn rights are removed\nfrom existing tokens within 2 seconds.',
    )
    .addHelpText('after', scopesHelp)
    .addHelpText(
      'after',
      examples(
        'talad app edit crm --scope read:sales',
        "talad app edit crm --purpose 'Deliver orders' --legal-basis contract",
        'talad app edit crm --branch BKK01 --branch CNX01',
        'talad app edit crm --all-branches --rate-requests 200 --rate-per-second 20',
      ),
    )
    .action((word: string, options: GrantOptions & { name?: string; allBranches?: true; json?: true }) => {
      const { name, scope: scopes, branch, allBranches, historyDays, purpose, legalBasis, contact } = options
      const rate = rateOf(options)
      if (
        [name, scopes, branch, allBranches, rate, historyDays, purpose, legalBasis, contact].every(
          (value) => value === undefined,
        )
      )
        throw new UsageMistake('Specify what to change, for example --scope read:sales (talad app edit --help).')
      return withApp(config(), async ({ db, clock }) => {
        const { id, business_id } = await resolveApplication(db, word)
        const branches = allBranches ? 'all' : branch && (await branchesOf(db, business_id, branch))
        const edited = await editApplication(
          db,
          id,
          { name, scopes, branches, rate, historyDays, purpose, legalBasis, contact },
          clock(),
        )
        if (options.json) printJson(applicationJson(edited))
        else printApplication(edited)
      })
    })
}

function addRotate(command: Command, config: () => Config): void {
  command
    .command('rotate <application>')
    .description('Add a second secret and show it once; the first one stays valid')
    .option('--json', 'Print JSON')
    .addHelpText(
      'after',
      `
A rotation without an outage:
  1. talad app rotate <application>, and give the new secret to the partner
  2. wait until the last use of the old one (talad app show <application>) is more than an hour ago: tokens live for
     an hour, and those of a revoked secret end with it
  3. talad app revoke <application> --secret <id of the old one>`,
    )
    .addHelpText('after', examples('talad app rotate crm', 'talad app rotate crm --json'))
    .action((word: string, { json }: { json?: true }) =>
      withApp(config(), async ({ db, clock }) => {
        const { id } = await resolveApplication(db, word)
        const { application, client_secret } = await rotateSecret(db, id, clock())
        if (json) return printJson(applicationJson(application, client_secret))
        printApplication(application)
        showSecret(client_secret)
        print('The old secret still works; talad app rotate --help explains when to revoke it.')
      }),
    )
}

function addPause(command: Command, config: () => Config): void {
  command
    .command('pause <application>')
    .description('Refuse the secrets and tokens of an application within 2 seconds, until it is resumed')
    .option('--json', 'Print JSON')
    .addHelpText(
      'after',
      '\nNothing is deleted. Webhooks keep their events and do not deliver. After talad app resume, the same secrets work again.',
    )
    .addHelpText('after', examples('talad app pause crm', 'talad app pause crm --json'))
    .action((word: string, { json }: { json?: true }) =>
      withApp(config(), async (app) => {
        const paused = await pauseOrResume(app, word, 'pause')
        if (json) printJson(applicationJson(paused))
        else print(`Paused ${paused.name}. Its secrets and tokens are refused within 2 seconds.`)
      }),
    )
}

function addResume(command: Command, config: () => Config): void {
  command
    .command('resume <application>')
    .description('Let a paused application go on with the same secrets')
    .option('--json', 'Print JSON')
    .addHelpText('after', '\nWebhooks go on where they stopped.')
    .addHelpText('after', examples('talad app resume crm', 'talad app resume crm --json'))
    .action((word: string, { json }: { json?: true }) =>
      withApp(config(), async (app) => {
        const resumed = await pauseOrResume(app, word, 'resume')
        if (json) printJson(applicationJson(resumed))
        else print(`Resumed ${resumed.name}. Its secrets work again, and its webhooks go on where they stopped.`)
      }),
    )
}

const pauseOrResume = ({ db, clock }: App, word: string, act: 'pause' | 'resume'): Promise<Application> =>
  db.begin(async (tx) => {
    const before = await resolveApplication(tx, word)
    const after = await { pause, resume }[act](tx, before, clock())
    const changed = { before: { paused_at: before.paused_at }, after: { paused_at: after.paused_at } }
    await writeAct(
      tx,
      actByCommand(after.business_id, deciderOf(undefined), `talad app ${act}`, clock(), {
        ...{ subject: { type: 'application', id: after.id }, ...changed },
      }),
    )
    return after
  })

function addRevoke(command: Command, config: () => Config): void {
  command
    .command('revoke <application>')
    .description('Revoke an application or one of its secrets, and its tokens within 2 seconds')
    .option('--secret <id>', 'Only this secret (talad app show lists them)')
    .option('--json', 'Print JSON')
    .addHelpText('after', '\nA revoked application cannot be restored.')
    .addHelpText(
      'after',
      examples('talad app revoke crm', 'talad app revoke crm --secret 7d0b6f3e-93c5-4f0e-9a3b-5a1c1f3b7d21'),
    )
    .action((word: string, { secret, json }: { secret?: string; json?: true }) =>
      withApp(config(), async ({ db, clock }) => {
        const { id, name, revoked_at } = await resolveApplication(db, word)
        if (revoked_at) throw new Refusal(`${name} was revoked already, at ${revoked_at.toISOString()}.`)
        const revoked =
          secret === undefined ? await revokeApplication(db, id, clock()) : await revokeSecret(db, id, secret, clock())
        if (json) printJson(applicationJson(revoked))
        else if (secret === undefined) print(`Revoked ${name}. Its tokens are refused within 2 seconds.`)
        else print(`Revoked the secret ${secret} of ${name}. Its tokens are refused within 2 seconds.`)
      }),
    )
}

// --- what is granted

type GrantOptions = {
  scope?: Scope[]
  branch?: string[]
  rateRequests?: number
  ratePerSecond?: number
  historyDays?: number
  purpose?: string
  legalBasis?: string
  contact?: string
}

/** What applies if an option is omitted. */
type GrantDefaults = { branches: string; requests: string; perSecond: string; historyDays: string }

const NEW: GrantDefaults = {
  branches: 'all, including future ones',
  requests: String(RATE_REQUESTS),
  perSecond: String(RATE_PER_SECOND),
  historyDays: String(HISTORY_DAYS),
}
const UNCHANGED: GrantDefaults = {
  branches: 'unchanged',
  requests: 'unchanged',
  perSecond: 'unchanged',
  historyDays: 'unchanged',
}

const grantOptions = (command: Command, omitted: GrantDefaults): Command =>
  command
    .option('--scope <scope>', 'Scope of the application; can be repeated', collect(scope))
    .option(
      '--branch <branch>',
      `Branch that it can access, by code or id; can be repeated (default: ${omitted.branches})`,
      collect((text) => text),
    )
    .option(
      '--rate-requests <n>',
      `Burst size, in requests (default: ${omitted.requests})`,
      whole('--rate-requests', 100_000),
    )
    .option(
      '--rate-per-second <n>',
      `Refill rate, in requests per second (default: ${omitted.perSecond})`,
      ratePerSecond,
    )
    .option(
      '--history-days <n>',
      `How many days of sales it can read (default: ${omitted.historyDays})`,
      whole('--history-days', 36_500),
    )
    .option(
      '--purpose <text>',
      'Why it reads personal data; every disclosure is recorded with it (required with read:customers)',
      oneLine('--purpose'),
    )
    .option(
      '--legal-basis <text>',
      'Legal basis of reading personal data, such as contract (required with read:customers)',
      oneLine('--legal-basis'),
    )
    .option('--contact <text>', 'Whom you reach at the partner, such as an email address', oneLine('--contact'))

const collect =
  <T>(parse: (text: string) => T) =>
  (text: string, before: T[] | undefined): T[] => [...new Set([...(before ?? []), parse(text)])]

function scope(text: string): Scope {
  if (isScope(text)) return text
  const near = nearest(text, TOKEN_SCOPES)
  throw new UsageMistake(
    `Unknown scope ${text}; ${near ? `did you mean ${near}?` : `the scopes are ${TOKEN_SCOPES.join(', ')}.`}`,
  )
}

function kind(text: string): ApplicationKind {
  if (!Object.hasOwn(KINDS, text))
    throw new UsageMistake(`--kind must be ${Object.keys(KINDS).join(' or ')}, not ${text}.`)
  return text as ApplicationKind
}

const whole = (flag: string, maximum: number) => (text: string) => {
  const value = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : Number.NaN
  if (value <= maximum) return value
  throw new UsageMistake(`${flag} must be a whole number from 1 to ${maximum}, not ${text}.`)
}

function ratePerSecond(text: string): number {
  const value = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
  if (value > 0 && value <= 100_000) return value
  throw new UsageMistake(`--rate-per-second must be a number from 0.001 to 100000, not ${text}.`)
}

function rateOf({ rateRequests, ratePerSecond }: GrantOptions) {
  if (rateRequests === undefined && ratePerSecond === undefined) return undefined
  if (rateRequests === undefined || ratePerSecond === undefined)
    throw new UsageMistake('--rate-requests and --rate-per-second must be used together.')
  return { requests: rateRequests, perSecond: ratePerSecond }
}

/** Returns the ids of branches of this business, given by code or id. @throws Refusal */
async function branchesOf(db: Database, businessId: string, words: string[]): Promise<string[]> {
  const known = await db<{ id: string; code: string }[]>`
    select id, code from branches where business_id = ${businessId} order by code collate "C"`
  return words.map((word) => {
    const branch = known.find(({ id, code }) => id === word.toLowerCase() || code === word)
    if (branch) return branch.id
    const codes = known.slice(0, 20).map(({ code }) => code)
    throw new Refusal(
      `The business has no branch ${word}; it has ${codes.length === 0 ? 'none yet' : codes.join(', ')}${known.length > 20 ? ' …' : ''}.`,
    )
  })
}

const showSecret = (secret: string): void => print(`\n  client_secret  ${secret}\n\nThe secret is not shown again.`)
