import { Command, InvalidArgumentError, Option } from 'commander'
import type { App } from '../app.ts'
import type { Config } from '../config.ts'
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
import { ALL_SCOPES, isScope, KINDS, type Kind, SCOPES, type Scope } from '../scopes.ts'
import { withApp } from './session.ts'
import { print, printJson, printTable } from './terminal.ts'

const scopesHelp = `Scopes:\n${ALL_SCOPES.map((scope) => `  ${scope.padEnd(20)} ${SCOPES[scope].en}`).join('\n')}`

export function appCommand(config: () => Config): Command {
  const command = new Command('app').description('the applications that may call the API')

  grantOptions(command.command('create <name>').description('create an application; its secret is shown once'))
    .option('--business <id>', 'the business it belongs to (needed if there are several)')
    .addOption(new Option('--kind <kind>', 'what it is').choices(Object.keys(KINDS)).default('partner'))
    .option('--json', 'print JSON')
    .addHelpText('after', `\n${scopesHelp}`)
    .action((name: string, options) =>
      withApp(config(), async ({ db, clock }) => {
        const kind: Kind = options.kind
        const created = await createApplication(
          db,
          {
            businessId: await businessOf(db, options.business),
            name,
            kind,
            scopes: options.scope ?? (kind === 'pos' ? ['write:ingest'] : missingScopes()),
            branches: options.branch ?? 'all',
            rate: rateOf(options),
            historyDays: options.historyDays,
          },
          clock(),
        )
        if (options.json) return printJson(described(created))
        describe(created)
        showSecret(created.client_secret)
      }),
    )

  command
    .command('list')
    .description('list the applications')
    .option('--business <id>', 'only those of this business')
    .option('--json', 'print JSON')
    .action((options) =>
      withApp(config(), async ({ db }) => {
        const applications = await listApplications(
          db,
          options.business ? await businessOf(db, options.business) : null,
        )
        if (options.json) return printJson(applications.map(described))
        if (applications.length === 0)
          return print('There is no application yet: talad app create <name> --scope read:customers')
        printTable(
          applications.map((application) => ({
            name: application.name,
            client_id: application.client_id,
            kind: application.kind,
            state: application.revoked_at ? 'revoked' : 'active',
            branches: application.branch_ids === null ? 'all' : String(application.branch_ids.length),
            'last used': lastUse(application)?.toISOString() ?? 'never',
            scopes: application.scopes.join(' '),
          })),
        )
      }),
    )

  grantOptions(
    command.command('edit <application>').description('change an application, named by its name, client_id or id'),
  )
    .option('--name <name>', 'its new name')
    .option('--all-branches', 'all branches, future ones included')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\n--scope and --branch replace what the application had. Grants reach its next token; withdrawals take effect within 2 seconds.',
    )
    .action((word: string, options) =>
      withApp(config(), async ({ db, clock }) => {
        const { id } = await resolveApplication(db, word)
        const branches = options.allBranches ? ('all' as const) : options.branch
        const change = {
          name: options.name,
          scopes: options.scope,
          branches,
          rate: rateOf(options),
          historyDays: options.historyDays,
        }
        if (Object.values(change).every((value) => value === undefined))
          throw new Refusal('Nothing to change: say what, for example --scope read:customers (talad app edit --help).')
        const edited = await editApplication(db, id, change, clock())
        if (options.json) printJson(described(edited))
        else describe(edited)
      }),
    )

  command
    .command('rotate <application>')
    .description('add a second secret beside the one in use; it is shown once')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nThen give it to the partner, wait until the old one is no longer used (talad app list), and revoke that: talad app revoke <application> --secret <id>',
    )
    .action((word: string, { json }) =>
      withApp(config(), async ({ db, clock }) => {
        const { id } = await resolveApplication(db, word)
        const { application, client_secret } = await rotateSecret(db, id, clock())
        if (json) return printJson({ ...described(application), client_secret })
        describe(application)
        showSecret(client_secret)
      }),
    )

  command
    .command('revoke <application>')
    .description('end an application, or one of its secrets, and the tokens that came from it within 2 seconds')
    .option('--secret <id>', 'only this secret')
    .option('--json', 'print JSON')
    .action((word: string, { secret, json }) =>
      withApp(config(), async ({ db, clock }) => {
        const { id } = await resolveApplication(db, word)
        const revoked = secret ? await revokeSecret(db, id, secret, clock()) : await revokeApplication(db, id, clock())
        if (json) return printJson(described(revoked))
        print(
          secret
            ? `Revoked the secret ${secret} of ${revoked.name}.`
            : `Revoked ${revoked.name}. Its tokens are refused within 2 seconds.`,
        )
      }),
    )
  return command
}

const collect =
  <T>(parse: (text: string) => T) =>
  (text: string, before: T[] | undefined) => [...(before ?? []), parse(text)]

const grantOptions = (command: Command): Command =>
  command
    .option('--scope <scope>', 'a scope it has; may be repeated', collect(scope))
    .option('--branch <id>', 'a branch it sees; may be repeated (default: all, future ones included)', collect(uuid))
    .option('--rate-requests <n>', 'requests it may send at once', whole)
    .option('--rate-per-second <n>', 'requests that come back each second', positive)
    .option('--history-days <n>', 'how many days back it can read sales', whole)

function scope(text: string): Scope {
  if (!isScope(text)) throw new InvalidArgumentError(`There is no such scope; there are ${ALL_SCOPES.join(', ')}.`)
  return text
}

function uuid(text: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) throw new InvalidArgumentError('It must be a UUID.')
  return text.toLowerCase()
}

function whole(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 to 99999.')
  return Number(text)
}

function positive(text: string): number {
  if (!/^\d{1,5}(\.\d{1,3})?$/.test(text) || Number(text) <= 0)
    throw new InvalidArgumentError('It must be a number above 0.')
  return Number(text)
}

function missingScopes(): never {
  throw new Refusal(
    'Say what the application may read, for example --scope read:customers (talad app create --help lists the scopes).',
  )
}

function rateOf({ rateRequests, ratePerSecond }: { rateRequests?: number; ratePerSecond?: number }) {
  if (rateRequests === undefined && ratePerSecond === undefined) return undefined
  if (rateRequests === undefined || ratePerSecond === undefined)
    throw new Refusal('--rate-requests and --rate-per-second go together.')
  return { requests: rateRequests, perSecond: ratePerSecond }
}

/** The business that was named, or the only one. */
async function businessOf(db: App['db'], id: string | undefined): Promise<string> {
  const businesses = await db<{ id: string; name: string }[]>`select id, name from businesses order by created_at, id`
  const [only] = businesses
  if (!only) throw new Refusal('There is no business yet: talad business create <name>')
  if (id === undefined && businesses.length > 1)
    throw new Refusal(
      `There are several businesses; name one with --business: ${businesses
        .slice(0, 10)
        .map((row) => `${row.id} (${row.name})`)
        .join(', ')}`,
    )
  const found = id === undefined ? only : businesses.find((row) => row.id === id)
  if (!found) throw new Refusal(`There is no business ${id}; talad business list shows those there are.`)
  return found.id
}

const lastUse = ({ secrets }: Application): Date | undefined =>
  secrets
    .flatMap(({ last_used_at }) => (last_used_at ? [last_used_at] : []))
    .sort((a, b) => b.getTime() - a.getTime())[0]

/** As JSON shows it: the file demo.json has the same names. */
function described(application: Application & { client_secret?: string }) {
  const {
    id,
    business_id,
    name,
    kind,
    client_id,
    client_secret,
    scopes,
    branch_ids,
    rate_requests,
    rate_per_second,
    history_days,
    revoked_at,
    created_at,
    secrets,
  } = application
  return {
    id,
    business_id,
    name,
    kind,
    client_id,
    ...(client_secret && { client_secret }),
    scopes,
    branch_ids,
    rate_requests,
    rate_per_second,
    history_days,
    created_at,
    revoked_at,
    secrets,
  }
}

function describe(application: Application): void {
  print(`${application.name} (${application.kind})`)
  print(`  client_id  ${application.client_id}`)
  print(`  scopes     ${application.scopes.join(' ')}`)
  print(
    `  branches   ${application.branch_ids === null ? 'all, future ones included' : application.branch_ids.join(' ')}`,
  )
  print(`  rate       ${application.rate_requests} requests, ${application.rate_per_second} a second come back`)
  print(`  history    ${application.history_days} days`)
  for (const { id, hint, last_used_at, last_used_address } of application.secrets) {
    const use = last_used_at ? `last used ${last_used_at.toISOString()} from ${last_used_address}` : 'never used'
    print(`  secret     ${id}  ${hint}…  ${use}`)
  }
}

const showSecret = (secret: string): void => print(`\n  client_secret  ${secret}\n\nThis is the only time it is shown.`)
