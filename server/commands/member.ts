import { Command } from 'commander'
import type { App } from '../app.ts'
import type { Config } from '../config.ts'
import { actByCommand, writeAct } from '../console/audit/audit.ts'
import {
  addMember,
  changeRole,
  findAccount,
  listMembers,
  type MemberEntry,
  removeMember,
  resetSignIn,
} from '../console/members/membership.ts'
import { createPasswordLink } from '../console/members/password_links.ts'
import { RESET_VALID_MS } from '../contract/console_limits.ts'
import { isRole, ROLES, type Role } from '../contract/role.ts'
import { Refusal } from '../oauth/applications.ts'
import { isEmail } from '../values/email.ts'
import { BUSINESS_OPTION, businessName, businessOf } from './business.ts'
import { deciderOf } from './customers.ts'
import { withApp } from './session.ts'
import { print, printJson, printTable } from './terminal/terminal.ts'
import { examples, UsageMistake } from './terminal/usage.ts'
import { localUrl } from './terminal/welcome.ts'

export function memberCommand(config: () => Config): Command {
  const command = new Command('member')
    .description('Manage the members who may sign in to the console: for the first owner, and for emergencies')
    .summary('Manage the members who may sign in to the console')
  for (const add of [addAdd, addList, addRemove, addReset]) add(command, config)
  return command
}

type MemberOptions = { business?: string; json?: true }

function addAdd(command: Command, config: () => Config): void {
  command
    .command('add')
    .argument('<email>', 'Email address with which the member signs in', email)
    .description('Make a person a member, or change the role of a member, and print a link to choose a password')
    .option(...BUSINESS_OPTION)
    .option('--role <role>', `Role: ${ROLES.join(', ')}`, role, 'owner')
    .option('--name <name>', 'Name that other members see (default: the address)', businessName)
    .option('--json', 'Print JSON')
    .addHelpText(
      'after',
      `
A viewer sees no personal data. An admin does everything but members, erasure and granting contact data. An owner does everything.
A person who has an account already keeps the password and gets no link.`,
    )
    .addHelpText(
      'after',
      examples(
        'talad member add owner@example.com',
        "talad member add accountant@example.com --role viewer --name 'สมหญิง'",
      ),
    )
    .action((address: string, options: MemberOptions & { role: Role; name?: string }) =>
      withApp(config(), (app) => add(app, address, options)),
    )
}

async function add(app: App, address: string, options: MemberOptions & { role: Role; name?: string }): Promise<void> {
  const { db, clock } = app
  const businessId = await businessOf(db, options.business)
  const known = await findAccount(db, address)
  const present = (await listMembers(db, businessId)).find(({ email }) => email === address)
  const member = await db.begin(async (tx) => {
    const { role, name = address } = options
    const before = present ? await changeRole(tx, businessId, present.id, role) : null
    const made = present
      ? { ...present, role }
      : await addMember(tx, { businessId, email: address, name, role, passwordHash: null }, clock())
    const act = { subject: { type: 'member', id: made.id }, before: before && { role: before.role }, after: { role } }
    await writeAct(tx, actByCommand(businessId, deciderOf(undefined), 'talad member add', clock(), act))
    return made
  })
  const link = known ? null : await linkFor(app, member.id)
  if (options.json) return printJson({ ...member, password_link: link })
  print(present ? `${address} now has the role ${member.role}.` : `Added ${address} as ${member.role}.`)
  if (link) showLink(link)
}

async function linkFor({ config, library, clock }: App, userId: string): Promise<string> {
  const token = await createPasswordLink(await library(), userId, clock())
  // After the fragment sign, so that no log of a server or proxy contains it.
  return `${config.publicUrl ?? localUrl(config.host, config.port)}/console/password#token=${token}`
}

const showLink = (link: string) =>
  print(`\nTo choose a password, open this link once within ${RESET_VALID_MS / 3_600_000} hours:\n\n  ${link}\n`)

function addList(command: Command, config: () => Config): void {
  command
    .command('list')
    .description('List the members of a business')
    .option(...BUSINESS_OPTION)
    .option('--json', 'Print JSON')
    .addHelpText('after', examples('talad member list', "talad member list --business 'Jaidee Kitchen' --json"))
    .action(({ business, json }: MemberOptions) =>
      withApp(config(), async ({ db }) => {
        const members = await listMembers(db, await businessOf(db, business))
        if (json) return printJson(members)
        if (members.length === 0) return print('No member exists yet; add one: talad member add <email>')
        printTable(
          members.map(({ email, name, role, has_second_factor, last_seen_at }) => ({
            ...{ email, name, role },
            'second factor': has_second_factor ? 'yes' : 'no',
            'signed in': last_seen_at?.toISOString() ?? 'no session',
          })),
        )
      }),
    )
}

function addRemove(command: Command, config: () => Config): void {
  command
    .command('remove')
    .argument('<email>', 'Email address of the member', email)
    .description('Remove a member from a business, with effect from the next request on')
    .option(...BUSINESS_OPTION)
    .addHelpText('after', '\nThe last owner of a business cannot be removed.')
    .addHelpText('after', examples('talad member remove accountant@example.com'))
    .action((address: string, { business }: MemberOptions) =>
      withApp(config(), async ({ db, clock }) => {
        const businessId = await businessOf(db, business)
        const { id } = await memberOf(db, businessId, address)
        await db.begin(async (tx) => {
          const { name, role } = await removeMember(tx, businessId, id)
          const act = { subject: { type: 'member', id }, before: { name, role } }
          await writeAct(tx, actByCommand(businessId, deciderOf(undefined), 'talad member remove', clock(), act))
        })
        print(`Removed ${address}.`)
      }),
    )
}

function addReset(command: Command, config: () => Config): void {
  command
    .command('reset')
    .argument('<email>', 'Email address of the member', email)
    .description('End all sessions of a member, remove the second factor, and print a link to choose a new password')
    .option(...BUSINESS_OPTION)
    .option('--json', 'Print JSON')
    .addHelpText('after', '\nThe old password works until the new one is chosen, but without a second factor.')
    .addHelpText('after', examples('talad member reset owner@example.com'))
    .action((address: string, { business, json }: MemberOptions) =>
      withApp(config(), async (app) => {
        const { db, clock } = app
        const businessId = await businessOf(db, business)
        const { id } = await memberOf(db, businessId, address)
        await db.begin(async (tx) => {
          await resetSignIn(tx, id)
          const act = { subject: { type: 'member', id } }
          await writeAct(tx, actByCommand(businessId, deciderOf(undefined), 'talad member reset', clock(), act))
        })
        const link = await linkFor(app, id)
        if (json) return printJson({ id, email: address, password_link: link })
        print(`Ended the sessions of ${address}.`)
        showLink(link)
      }),
    )
}

/** @throws Refusal */
async function memberOf(db: App['db'], businessId: string, address: string): Promise<MemberEntry> {
  const member = (await listMembers(db, businessId)).find(({ email }) => email === address)
  if (!member) throw new Refusal(`The business has no member ${address}; talad member list shows them.`)
  return member
}

export function email(text: string): string {
  if (isEmail(text)) return text.toLowerCase()
  throw new UsageMistake(`${text} is not an email address.`)
}

function role(text: string): Role {
  if (isRole(text)) return text
  throw new UsageMistake(`--role must be one of ${ROLES.join(', ')}, not ${text}.`)
}
