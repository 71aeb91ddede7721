import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { totalAll } from '../api/sales/totals.ts'
import { arrayText } from '../db/arrays.ts'
import { type CopyValue, copyMixed, copyRows } from '../db/bulk_copy.ts'
import type { Database, Runner } from '../db/database.ts'
import { StartError } from '../db/start_error.ts'
import { type ApplicationKind, KINDS, PII_SCOPE, type Scope } from '../scopes.ts'
import { BRANCHES, BUSINESS, TIERS } from './business.ts'
import { midnightBefore } from './figures.ts'
import { writeBranchPrices } from './records/branch_prices.ts'
import { writeConsents } from './records/consents.ts'
import { demoCustomers, PAGE_CUSTOMER } from './records/customers.ts'
import { writeProducts } from './records/products.ts'
import { CENTRAL, SHOPS, writeWarehouses } from './records/warehouses.ts'
import { ORDER_SIZE, writeSuppliers } from './trade/purchasing.ts'
import { type Buyer, DAYS } from './trade/sales.ts'
import { TRADE_TABLES, type Trader, tradeOf } from './trade/trade.ts'

/** An application in demo.json. */
export type DemoApplication = {
  name: string
  kind: ApplicationKind
  client_id: string
  client_secret: string
  scopes: Scope[]
  /** Null: all branches. */
  branch_ids: string[] | null
}

/** Content of demo.json: everything that a newcomer, a test or the site needs to call the demo. */
export type DemoFile = {
  base_url: string
  business: { id: string; name: string }
  branches: { id: string; code: string; name: string }[]
  applications: DemoApplication[]
  /** How to sign in to the console. Demos that an earlier version created have none. */
  console?: { url: string; email: string; password: string }
}

const SEED = 380
/** The sale that the documentation shows. */
export const PAGE_SALE = 'e3b74623-b860-40ab-aedd-b728f50c6120'
/** A quarter as many customers as sales, within bounds; the minimum includes the 380th, the example of "List Customers". */
const customersBeside = (sales: number): number => Math.min(Math.max(500, Math.round(sales / 4)), 5000)
const PRODUCTS = 300
const SUPPLIERS = 20
const ORDERS = 200
/** Percentage of sales per branch. */
const SHARES = [45, 32, 23]

const READ_SCOPES: readonly Scope[] = KINDS.partner
const without = (...scopes: Scope[]): Scope[] => READ_SCOPES.filter((scope) => !scopes.includes(scope))

type DemoApplicationWanted = {
  name: string
  kind: ApplicationKind
  scopes: Scope[]
  branches: 'all' | string[]
  purpose?: string
  legalBasis?: string
  contact?: string
}

const CONTRACT = 'สัญญา (มาตรา 24 (3))'
const CONTACT = 'privacy@partner.example'

const APPLICATIONS: DemoApplicationWanted[] = [
  {
    name: 'all',
    kind: 'partner',
    scopes: [...READ_SCOPES],
    branches: 'all',
    purpose: 'ทดลองใช้ API',
    legalBasis: CONTRACT,
    contact: CONTACT,
  },
  {
    name: 'no-pii',
    kind: 'partner',
    scopes: without(PII_SCOPE),
    branches: 'all',
    purpose: 'วิเคราะห์ยอดขาย',
    legalBasis: CONTRACT,
    contact: CONTACT,
  },
  {
    name: 'one-branch',
    kind: 'partner',
    scopes: [...READ_SCOPES],
    branches: [BRANCHES[0]?.id as string],
    purpose: 'บัญชีของสาขา',
    legalBasis: CONTRACT,
    contact: CONTACT,
  },
  { name: 'pos', kind: 'pos', scopes: ['write:ingest'], branches: 'all' },
  {
    name: 'docs',
    kind: 'partner',
    scopes: without(PII_SCOPE),
    branches: 'all',
    purpose: 'ตัวอย่างในเว็บไซต์สำหรับนักพัฒนา',
    legalBasis: CONTRACT,
    contact: CONTACT,
  },
]

/** Advisory lock key that nothing else uses: the bytes of "demo". */
const LOCK = 0x64656d6f

/** Dependencies of `makeDemo`. The caller knows how to create applications. */
export type DemoNeeds = {
  db: Database
  /** Folder of demo.json. */
  dataDir: string
  /** Base URL of the demo, for demo.json. */
  baseUrl: string
  now: Date
  sales: number
  /** Called once the demo has been created. */
  onMade?(): void
  createApplication(
    tx: Runner,
    wanted: DemoApplicationWanted & { businessId: string },
    now: Date,
  ): Promise<DemoApplication>
  /** Creates the member who signs in to the console; without this function there is none. */
  createOwner?(tx: Runner, businessId: string, now: Date): Promise<{ email: string; password: string }>
}

/**
 * Fills an empty database with the demo business in one transaction. Leaves any other database unchanged. Several
 * processes may call it at the same time.
 *
 * @returns the content of demo.json with the applications that are still valid; null if this database has no such demo
 * @throws StartError if demo.json cannot be written
 */
export async function ensureDemo(needs: DemoNeeds, say: (line: string) => void): Promise<DemoFile | null> {
  const { db, dataDir } = needs
  try {
    const made = await db.begin(async (tx) => {
      // Another process may be creating it; wait without a timeout.
      await tx`set local statement_timeout = 0`
      await tx`select pg_advisory_xact_lock(${LOCK})`
      const [any] = await tx`select id from businesses limit 1`
      return any ? null : makeDemo(tx, needs, say)
    })
    if (!made) return await knownDemo(needs, say)
    needs.onMade?.()
    await db.begin(async (tx) => {
      // Reads all tables: on a busy machine this takes longer than a statement of a request may.
      await tx`set local statement_timeout = 0`
      await tx`analyze`
    })
    return made
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    if (path === undefined) throw error
    throw new StartError(`demo.json cannot be written to ${dataDir} (${code}): set TALAD_DATA_DIR to another folder.`)
  }
}

async function makeDemo(tx: Runner, needs: DemoNeeds, say: (line: string) => void): Promise<DemoFile> {
  say('Creating the demo business …')
  await writeBusiness(tx)
  const buyers = await writeCustomers(tx, needs, say)
  await writeTrade(tx, buyers, needs, say)
  const applications: DemoApplication[] = []
  for (const wanted of APPLICATIONS) {
    const made = await needs.createApplication(tx, { businessId: BUSINESS.id, ...wanted }, needs.now)
    const { name, kind, client_id, client_secret, scopes, branch_ids } = made
    applications.push({ name, kind, client_id, client_secret, scopes, branch_ids })
  }
  const business = { id: BUSINESS.id, name: BUSINESS.name }
  const owner = await needs.createOwner?.(tx, BUSINESS.id, needs.now)
  const demo: DemoFile = {
    ...{ base_url: needs.baseUrl, business, branches: BRANCHES, applications },
    ...(owner && { console: { url: consoleUrl(needs.baseUrl), ...owner } }),
  }
  // Write before the commit: a demo without its secrets is useless, while a file without its demo gets replaced.
  if (await keepOld(needs.dataDir)) say('Kept the demo.json of another database as demo.json.old.')
  await writeDemo(needs.dataDir, demo)
  say(
    `Created the demo business: ${BRANCHES.length} branches, ${count(buyers.length)} customers, ${count(needs.sales)} sales, ${applications.length} applications.`,
  )
  return demo
}

const consoleUrl = (baseUrl: string): string => `${baseUrl}/console`

async function writeBusiness(tx: Runner): Promise<void> {
  await tx`insert into businesses ${tx({ ...BUSINESS, created_at: new Date('2025-01-01T02:00:00Z'), updated_at: new Date('2025-01-01T02:00:00Z') })}`
  const opened = new Date('2025-01-01T02:30:00Z')
  for (const branch of BRANCHES)
    await tx`insert into branches ${tx({ business_id: BUSINESS.id, ...branch, external_id: `SHOP-${branch.code}`, created_at: opened, updated_at: opened })}`
  for (const [index, { id, name }] of TIERS.entries())
    await tx`insert into membership_tiers ${tx({ business_id: BUSINESS.id, id, name, rank: index + 1, external_id: `TIER-${index + 1}`, created_at: opened, updated_at: opened })}`
}

const count = (number: number): string => number.toLocaleString('en')

/** @returns the customers who may buy */
async function writeCustomers(tx: Runner, { now, sales }: DemoNeeds, say: (line: string) => void): Promise<Buyer[]> {
  const customers = [...demoCustomers(SEED, customersBeside(sales), now)]
  await copyRows(tx, 'customers', ['business_id', ...Object.keys(PAGE_CUSTOMER)], rowsOf(customers))
  say(`  ${count(customers.length)} customers`)
  const consenting = customers.map(({ id, created_at, membership_tier_id }) => ({
    ...{ id: id as string, created_at: created_at as string, is_member: membership_tier_id !== null },
  }))
  const consents = await writeConsents(tx, BUSINESS.id, SEED + 6, consenting, midnightBefore(now))
  say(`  ${count(consents)} consents`)
  return customers.map(({ id, created_at }) => ({ id: id as string, created_at: created_at as string }))
}

/** Writes products, purchases, sales and stock. Each has its own seed, so that changing one leaves the others as they are. */
async function writeTrade(
  tx: Runner,
  buyers: Buyer[],
  { now, sales }: DemoNeeds,
  say: (line: string) => void,
): Promise<void> {
  const business = BUSINESS.id
  await writeWarehouses(tx, business, [...SHOPS, CENTRAL])
  const skus = await writeProducts(tx, { business, seed: SEED + 1, count: PRODUCTS, step: 1 })
  say(`  ${count(skus.length)} SKUs on sale`)
  await writeBranchPrices(tx, business, SEED + 7, BRANCHES, skus)
  const suppliers = await writeSuppliers(tx, { business, seed: SEED + 3, count: SUPPLIERS })
  const branches = BRANCHES.map(({ id, code }, index) => ({ id, code, share: SHARES[index] as number }))
  const sizes = [1, 1, 2, 2, 2, 3, 3, 4, 5]
  const sold = { branches, skus, buyers, shopping: 0.3, sizes, shownSale: PAGE_SALE }
  const trader: Trader = { ...sold, business, shops: SHOPS, central: CENTRAL, suppliers }
  const seeds = { orders: SEED + 2, sales: SEED + 4, stock: SEED + 5 }
  const trade = { seeds, sales, orders: ORDERS, orderSize: ORDER_SIZE, days: DAYS, end: midnightBefore(now) }
  // One lot: referenced rows must exist first.
  await copyMixed(tx, TRADE_TABLES, tradeOf(trader, trade), Number.POSITIVE_INFINITY, (counts) => {
    say(`  ${count(counts.get('purchase_orders') as number)} purchase orders`)
    say(`  ${count(counts.get('sales') as number)} sales`)
    say(`  ${count(counts.get('stock_movements') as number)} stock movements`)
  })
  await totalAll(tx, [business])
}

function* rowsOf(customers: Iterable<object>): Generator<CopyValue[]> {
  const names = Object.keys(PAGE_CUSTOMER)
  for (const customer of customers)
    yield [BUSINESS.id, ...names.map((name) => (customer as Record<string, CopyValue>)[name] as CopyValue)]
}

/** Reads demo.json; null if it is missing or unusable. */
export const readDemo = async (dataDir: string): Promise<DemoFile | null> =>
  parseDemo(await readFile(demoFilePath(dataDir), 'utf8').catch(nullIfMissing))

const demoFilePath = (dataDir: string) => join(dataDir, 'demo.json')

/**
 * Returns the demo that both this database and demo.json contain, with the applications that are still valid; else null.
 *
 * @param baseUrl current base URL, written to the file; null leaves the file unchanged
 */
export async function knownDemo(
  { db, dataDir, baseUrl }: Pick<DemoNeeds, 'db' | 'dataDir'> & { baseUrl: string | null },
  say: (line: string) => void,
): Promise<DemoFile | null> {
  const demo = await readDemo(dataDir)
  if (!demo) return null
  const file = demoFilePath(dataDir)
  const rows = await db`
    select client_id from applications
    where revoked_at is null and client_id = any(${arrayText(demo.applications.map(({ client_id }) => client_id))}::text::text[])`
  const live = new Set(rows.map(({ client_id }) => client_id))
  if (live.size === 0) {
    say(`${file} belongs to another database, or its applications were revoked; it was not changed.`)
    return null
  }
  const here = { ...demo, base_url: baseUrl ?? demo.base_url }
  if (demo.console) here.console = { ...demo.console, url: consoleUrl(here.base_url) }
  if (demo.base_url !== here.base_url) await writeDemo(dataDir, here)
  return { ...here, applications: here.applications.filter(({ client_id }) => live.has(client_id)) }
}

/** Parses the file; null if it is unusable. */
function parseDemo(text: string | null): DemoFile | null {
  try {
    const demo = JSON.parse(text ?? 'null') as Partial<DemoFile> | null
    return Array.isArray(demo?.applications) ? (demo as DemoFile) : null
  } catch {
    return null
  }
}

/** @returns whether the file existed */
async function keepOld(dataDir: string): Promise<boolean> {
  const file = demoFilePath(dataDir)
  return (await rename(file, `${file}.old`).catch(nullIfMissing)) !== null
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code !== 'ENOENT') throw error
  return null
}

/** Writes the file atomically with mode 0600. */
async function writeDemo(dataDir: string, demo: DemoFile): Promise<void> {
  await mkdir(dataDir, { recursive: true })
  const file = demoFilePath(dataDir)
  const unfinished = `${file}.${process.pid}`
  await writeFile(unfinished, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 })
  await chmod(unfinished, 0o600)
  await rename(unfinished, file)
}
