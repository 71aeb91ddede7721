import { writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { Command, Option } from 'commander'
import { idByCode } from '../api/customers/queries.ts'
import type { App } from '../app.ts'
import type { Config } from '../config.ts'
import type { Runner } from '../db/database.ts'
import { PERSON_PATH } from '../http/monitoring/logged_path.ts'
import { PERSON_LINK_DAYS_MAX } from '../limits.ts'
import { Refusal } from '../oauth/applications.ts'
import { accessDocument } from '../privacy/access.ts'
import { accessPage } from '../privacy/access_page.ts'
import {
  type CertificateRecipient,
  certificateOf,
  type ErasureCertificate,
  signCertificate,
} from '../privacy/certificate.ts'
import { eraseCustomer } from '../privacy/erasure.ts'
import { createPersonLink, listPersonLinks, revokePersonLink } from '../privacy/person_links.ts'
import type { PageLanguage } from '../privacy/print_page.ts'
import { UUID } from '../values/kinds.ts'
import { BUSINESS_OPTION, businessOf, wholeBusiness } from './business.ts'
import { withApp } from './session.ts'
import { print, printJson, printTable, say } from './terminal/terminal.ts'
import { examples, oneLine, UsageMistake } from './terminal/usage.ts'
import { localUrl } from './terminal/welcome.ts'

export function customersCommand(config: () => Config): Command {
  const command = new Command('customers')
    .description('Answer requests of customers about their personal data (PDPA)')
    .summary('Answer and erase customers who ask')
  for (const add of [addAccess, addLink, addLinks, addUnlink, addErase, addCertificate]) add(command, config)
  return command
}

function addAccess(command: Command, config: () => Config): void {
  command
    .command('access')
    .argument('<customer>', 'Customer, by id or customer code')
    .description('Make the document of everything that is held about a customer, and of everyone who received it')
    .option(...BUSINESS_OPTION)
    .option('--html <file>', 'Write a page for printing to this file')
    .addOption(new Option('--language <language>', 'Language of the page').choices(['th', 'en']).default('th'))
    .option('--json', 'Print the document as JSON')
    .addHelpText('after', '\nSpecify --html or --json. Making the document is recorded as a disclosure to the person.')
    .addHelpText(
      'after',
      examples('talad customers access CUS-000380 --html access.html', 'talad customers access CUS-000380 --json'),
    )
    .action((word: string, options: AccessOptions) => {
      if (options.html === undefined && !options.json)
        throw new UsageMistake('Specify --html <file> or --json (talad customers access --help).')
      return withApp(config(), (app) => access(app, word, options), { unhurried: true })
    })
}

type AccessOptions = { business?: string; html?: string; language: PageLanguage; json?: true }

async function access(app: App, word: string, { business: of, html, language, json }: AccessOptions): Promise<void> {
  const { db, clock } = app
  const businessId = await businessOf(db, of)
  const customerId = await customerOf(db, businessId, word)
  const business = await wholeBusiness(db, businessId)
  const document = await accessDocument(app, business, customerId, clock())
  if (!document) throw new Refusal(`Nothing is known about ${word}.`)
  if (json) printJson(document)
  if (html === undefined) return
  await writeFile(html, accessPage(document, language, business.timeZone), { mode: 0o600 })
  say(`Wrote ${html}. It holds personal data: give it to the person, and delete it.`)
}

function addLink(command: Command, config: () => Config): void {
  command
    .command('link')
    .argument('<customer>', 'Customer, by id or customer code')
    .description('Make a link with which a customer sees who has received their data, and show it once')
    .option(...BUSINESS_OPTION)
    .option('--days <n>', `Days that it is valid, 1 to ${PERSON_LINK_DAYS_MAX}`, linkDays, PERSON_LINK_DAYS_MAX)
    .option('--by <name>', 'Who made it (default: the user of this computer)')
    .option('--json', 'Print JSON')
    .addHelpText(
      'after',
      `
Whoever has the link can open the page. It shows who received the data, when and why, in Thai and English, and no field of the
customer. Give it to the person only. TALAD_PUBLIC_URL is the address that it begins with.`,
    )
    .addHelpText(
      'after',
      examples('talad customers link CUS-000380', 'talad customers link CUS-000380 --days 1 --json'),
    )
    .action((word: string, options: LinkOptions) => withApp(config(), (app) => makeLink(app, word, options)))
}

type LinkOptions = { business?: string; days: number; by?: string; json?: true }

async function makeLink({ config, db, clock }: App, word: string, options: LinkOptions): Promise<void> {
  const businessId = await businessOf(db, options.business)
  const customerId = await customerOf(db, businessId, word)
  const wanted = { businessId, customerId, days: options.days, by: deciderOf(options.by) }
  const { token, ...made } = await createPersonLink(db, wanted, clock())
  const url = `${config.publicUrl ?? localUrl(config.host, config.port)}${PERSON_PATH}/${token}`
  if (options.json) printJson({ ...made, url })
  else {
    print(`${url}\n`)
    print(
      `Valid until ${made.expires_at.toISOString()}; not shown again. To revoke it: talad customers unlink ${made.id}`,
    )
  }
  if (config.publicUrl === null) say('TALAD_PUBLIC_URL is not set, so the link works on this machine only.')
}

function linkDays(text: string): number {
  const days = /^\d$/.test(text) ? Number(text) : 0
  if (days >= 1 && days <= PERSON_LINK_DAYS_MAX) return days
  throw new UsageMistake(`--days must be a whole number from 1 to ${PERSON_LINK_DAYS_MAX}, not ${text}.`)
}

function addLinks(command: Command, config: () => Config): void {
  command
    .command('links')
    .description('List the links that work, newest first')
    .option(...BUSINESS_OPTION)
    .option('--customer <customer>', 'Only of this customer, by id or customer code')
    .option('--all', 'Also those that have expired or were revoked')
    .option('--json', 'Print JSON')
    .addHelpText('after', examples('talad customers links', 'talad customers links --customer CUS-000380 --all --json'))
    .action((options: { business?: string; customer?: string; all?: true; json?: true }) =>
      withApp(config(), async ({ db, clock }) => {
        const businessId = await businessOf(db, options.business)
        const { customer } = options
        const customerId = customer === undefined ? null : await customerOf(db, businessId, customer)
        const which = options.all ? 'all' : 'active'
        const now = clock()
        const links = await listPersonLinks(db, businessId, { customerId, which }, now)
        if (options.json) return printJson(links)
        if (links.length === 0) return print(options.all ? 'There are no links.' : 'No link works now.')
        printTable(
          links.map(({ id, customer_id, created_by, expires_at, revoked_at }) => ({
            ...{ id, customer: customer_id, by: created_by, expires: expires_at.toISOString() },
            state: revoked_at ? 'revoked' : expires_at > now ? 'works' : 'expired',
          })),
        )
      }),
    )
}

function addUnlink(command: Command, config: () => Config): void {
  command
    .command('unlink')
    .argument('<link>', 'Link, by id')
    .description('Revoke a link at once')
    .option(...BUSINESS_OPTION)
    .addHelpText('after', examples('talad customers unlink 7d2e4c10-96b5-4f3a-8a1c-3e5f7b9d0c26'))
    .action((id: string, { business }: { business?: string }) =>
      withApp(config(), async ({ db, clock }) => {
        const businessId = await businessOf(db, business)
        const revoked = UUID.test(id) ? await revokePersonLink(db, businessId, id, clock()) : null
        if (!revoked) throw new Refusal(`No link that works has the id ${id}: talad customers links lists them.`)
        print(`Revoked ${revoked.id}.`)
      }),
    )
}

function addErase(command: Command, config: () => Config): void {
  command
    .command('erase')
    .argument('<customer>', 'Customer, by id or customer code')
    .description('Erase a customer for ever, and tell every application that had received their data')
    .requiredOption(
      '--reason <text>',
      'Why, without naming the person: it stays in the certificate',
      oneLine('--reason'),
    )
    .option(...BUSINESS_OPTION)
    .option('--by <name>', 'Who decided it (default: the user of this computer)')
    .option('--json', 'Print the certificate as JSON')
    .addHelpText(
      'after',
      `
The record of the customer and its consents are deleted, and nobody can send them again. Sales keep the id of the customer.
TALAD_ERASURES names the file that keeps old backups from bringing the person back.`,
    )
    .addHelpText('after', examples("talad customers erase CUS-000380 --reason 'request of 30 November'"))
    .action((word: string, options: EraseOptions) => withApp(config(), (app) => erase(app, word, options)))
}

type EraseOptions = { reason: string; business?: string; by?: string; json?: true }

/** Returns who has decided something. */
export const deciderOf = (by: string | undefined): string => by ?? `command line, ${userInfo().username}`

async function erase(app: App, word: string, { reason, business, by, json }: EraseOptions): Promise<void> {
  const { db, journal, clock } = app
  const businessId = await businessOf(db, business)
  const customerId = await customerOf(db, businessId, word)
  const wanted = { businessId, customerId, reason, by: deciderOf(by) }
  const outcome = await eraseCustomer(db, journal, wanted, clock())
  if (outcome === 'absent') throw new Refusal(`The business has no customer ${word}.`)
  if (outcome === 'known')
    throw new Refusal(`${word} is already erased: talad customers certificate ${customerId} shows who was told.`)
  await showCertificate(app, businessId, customerId, json)
}

function addCertificate(command: Command, config: () => Config): void {
  command
    .command('certificate')
    .argument('<customer>', 'Erased customer, by id')
    .description('Show which applications had the data of an erased customer, and when each was told')
    .option(...BUSINESS_OPTION)
    .option('--json', 'Print the certificate as JSON, with its signature')
    .addHelpText('after', examples('talad customers certificate 4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb --json'))
    .action((word: string, { business, json }: { business?: string; json?: true }) =>
      withApp(config(), async (app) => {
        const businessId = await businessOf(app.db, business)
        await showCertificate(app, businessId, await customerOf(app.db, businessId, word), json)
      }),
    )
}

async function showCertificate(
  { db, signer }: App,
  businessId: string,
  customerId: string,
  json?: true,
): Promise<void> {
  const certificate = await certificateOf(db, businessId, customerId)
  if (!certificate) throw new Refusal(`${customerId} is not erased.`)
  if (!json) return describe(certificate)
  printJson({ ...certificate, statement: await signCertificate(signer, certificate), public_key: signer.publicKey })
}

function describe({
  customer_id,
  business,
  erased_at,
  erased_by,
  reason,
  recipients,
  is_complete,
  unknown_spans,
}: ErasureCertificate): void {
  print(`${customer_id} of ${business} was erased at ${erased_at.toISOString()} by ${erased_by}: ${reason}\n`)
  for (const { from, to } of unknown_spans)
    print(
      `Who received the data between ${from.toISOString()} and ${to.toISOString()} is unknown: a restore from a backup lost the entries.\n`,
    )
  if (recipients.length === 0) {
    print('No application had received data of this customer.')
    return
  }
  printTable(
    recipients.map((recipient) => ({
      application: recipient.application ?? recipient.application_id,
      'had received': recipient.class === 'contact' ? 'contact data' : 'profile',
      times: String(recipient.times),
      last: recipient.last_at.toISOString(),
      told: toldText(recipient),
    })),
  )
  print(
    is_complete
      ? '\nEvery application was told.'
      : `\nNot every application was told yet; see later: talad customers certificate ${customer_id}`,
  )
}

function toldText({ state, answered_at, read_at, sent_at, contact }: CertificateRecipient): string {
  if (state === 'answered') return `its endpoint confirmed at ${answered_at?.toISOString()}`
  if (state === 'read') return `it read the event at ${read_at?.toISOString()}`
  const reached = state === 'sent' ? `sent at ${sent_at?.toISOString()}, not confirmed` : 'not reached'
  return `${reached}; contact: ${contact ?? 'not stated'}`
}

/** Returns the id of a customer. A deleted customer is found by id only. @throws Refusal */
export async function customerOf(db: Runner, businessId: string, word: string): Promise<string> {
  if (UUID.test(word)) return word.toLowerCase()
  const found = await idByCode(db, { business: { id: businessId } }, word)
  if (found === undefined) throw new Refusal(`No customer has the code ${word}. Search for a deleted customer by id.`)
  return found
}
