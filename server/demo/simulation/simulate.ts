import { setTimeout as sleep } from 'node:timers/promises'
import type { DemoFile } from '../demo.ts'
import { baht, dayOf, decimal, iso } from '../figures.ts'
import { randomFrom } from '../random.ts'
import { newCustomer } from '../records/customers.ts'
import type { DemoWarehouse } from '../records/warehouses.ts'
import { type Agenda, agendaOf } from '../trade/agenda.ts'
import { type DemoSale, newSale } from '../trade/sales.ts'
import { type DemoClient, demoClient, type ListedRow, ServerAway } from './client.ts'
import { readShop, type Shop, stockKey } from './shop.ts'
import { recordOfSale, sent, type Till, type TillPath, tillOf } from './till.ts'

// Keeps selling in the demo business through the real ingest plane: sales paid immediately or later, refunds, voids, stock
// movements, new customers and updated totals of regulars. Tills go offline now and then and send late.
//
// Time is compressed: an hour in the shop takes some seconds here.

export type Simulating = {
  demo: DemoFile
  /** Sales per second. */
  rate: number
  seed: number
  /** In milliseconds. */
  now(): number
  isStopped(): boolean
  say(line: string): void
}

/** Counts of what was stored. */
export type Simulated = {
  sales: number
  refunded: number
  voided: number
  new_customers: number
  /** Revenue in satang. */
  taken: number
  /** How often a till was offline. */
  offline: number
  stored: Record<TillPath, number>
  rejected: number
  /** Records that are not sent yet. */
  waiting: number
}

const TICK_MS = 50
const SEND_MS = 500
const SAY_MS = 10_000
/** Pause between two attempts to reach the server. */
const AWAY_MS = 2000
/** Maximum number of unsent records; a till with more stops selling until some are sent. */
const WAITING_MAX = 20_000
/** At the end the tills have this long to send their records. */
const LAST_MS = 10_000

/** Sells until it is stopped. @throws ServerRefused */
export async function simulate(simulating: Simulating): Promise<Simulated> {
  const { demo, rate, now, isStopped, say } = simulating
  const client = demoClient(demo)
  const simulated: Simulated = {
    ...{ sales: 0, refunded: 0, voided: 0, new_customers: 0, taken: 0, offline: 0, rejected: 0, waiting: 0 },
    stored: { customers: 0, sales: 0, 'stock-movements': 0 },
  }
  const shop = await patiently(simulating, () => readShop(client))
  if (shop === null) return simulated
  say(`Started ${shop.branches.length} tills with ${shop.skus.length} SKUs and ${shop.customers.length} customers.`)
  const street = streetOf(simulating, client, shop, simulated)
  const { tills } = street
  const waiting = () => tills.reduce((sum, till) => sum + till.waiting(), 0)

  // A failure of one till stops all of them.
  let hasFailed = false
  const isOver = () => hasFailed || isStopped()
  const sending = Promise.all(tills.map((till) => keepSending({ ...simulating, isStopped: isOver }, till)))
  sending.catch(() => {
    hasFailed = true
  })
  let told = now()
  let due = 0
  for (let last = now(); !isOver(); ) {
    await sleep(TICK_MS)
    const at = now()
    // Do not catch up after a pause.
    due += Math.min(at - last, 1000) * (rate / 1000)
    last = at
    for (; due >= 1; due -= 1) if (waiting() < WAITING_MAX) street.sell(at)
    street.goOn(at)
    if (at - told < SAY_MS) continue
    told = at
    say(lineOf(simulated, tills, at))
  }
  await sending
  for (const till of tills) till.offlineUntil = 0
  const deadline = now() + LAST_MS
  for (const till of tills) while (till.waiting() > 0 && now() < deadline) if (await sent(till)) await sleep(TICK_MS)
  simulated.waiting = waiting()
  return simulated
}

/** Sends the records of a till as soon as it is online and the server is available. */
async function keepSending({ now, isStopped, say }: Simulating, till: Till): Promise<void> {
  for (let isAway = false; !isStopped(); ) {
    await sleep(isAway ? AWAY_MS : SEND_MS)
    if (now() < till.offlineUntil || isStopped()) continue
    const away = await sent(till)
    if (away && !isAway) say(`${till.name}: the server is unavailable (${away.message}); the till keeps its sales.`)
    if (!away && isAway) say(`${till.name}: the server is available again and has stored all sales.`)
    isAway = away !== null
  }
}

/** Retries until the server is available; null if stopped meanwhile. */
async function patiently<T>({ isStopped, say }: Simulating, work: () => Promise<T>): Promise<T | null> {
  for (let isTold = false; !isStopped(); isTold = true) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ServerAway)) throw error
      if (!isTold) say(`The server is unavailable (${error.message}); waiting for it.`)
      for (let waited = 0; waited < AWAY_MS && !isStopped(); waited += TICK_MS) await sleep(TICK_MS)
    }
  }
  return null
}

function lineOf(
  { sales, refunded, voided, new_customers, taken }: Simulated,
  tills: readonly Till[],
  at: number,
): string {
  const late = tills.filter(({ offlineUntil }) => offlineUntil > at)
  const without = late.map((till) => `${till.name} is offline with ${till.waiting()} records waiting`)
  const sold = `${sales} sales (${(taken / 100).toLocaleString('en', { minimumFractionDigits: 2 })})`
  return `  ${[sold, `${refunded} refunded`, `${voided} voided`, `${new_customers} new customers`, ...without].join(', ')}`
}

/** An event scheduled for later. */
type Later = { at: number; happen(at: number): void }

/** Generates the events of the branches. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: its functions share the state of one simulated day
function streetOf({ seed, say }: Simulating, client: DemoClient, shop: Shop, simulated: Simulated) {
  const random = randomFrom(seed)
  const later: Agenda<Later> = agendaOf()
  const tills = shop.branches.map(({ code }) =>
    tillOf(
      code,
      client,
      (path, count) => {
        simulated.stored[path] += count
      },
      (reason) => {
        simulated.rejected += 1
        say(`Not stored: ${reason}`)
      },
    ),
  )
  const menu = {
    dishes: shop.skus.filter((sku) => !sku.track_stock),
    goods: shop.skus.filter((sku) => sku.track_stock),
  }
  const seller = { shopping: 0.3, sizes: [1, 1, 2, 2, 2, 3, 3, 4, 5] }
  const soon = (at: number, happen: Later['happen']) => later.add({ at: at + random.whole(2_000, 30_000), happen })

  function sell(at: number): void {
    const place = random.whole(0, tills.length - 1)
    const [till, branch, warehouse] = [tills[place], shop.branches[place], shop.shops[place]] as [
      Till,
      Shop['branches'][number],
      DemoWarehouse,
    ]
    if (random.chance(1 / 60) && till.offlineUntil < at) {
      till.offlineUntil = at + random.whole(1_000, 15_000)
      simulated.offline += 1
    }
    if (random.chance(0.04)) arrive(till, at)
    const customer =
      random.chance(0.38) && shop.customers.length > 0 ? (random.pick(shop.customers) as ListedRow) : null
    const id = random.id()
    const number = `${branch.code}-${dayOf(at).slice(2).replaceAll('-', '')}-${id.slice(0, 8)}`
    const about = {
      id,
      number,
      branch: branch.id,
      orderedAt: at,
      customer: customer?.id ?? null,
      isOpen: false,
      end: Number.POSITIVE_INFINITY,
    }
    const whole = { ...newSale(random, seller, menu, about), createdAt: at }
    simulated.sales += 1
    // The initial state: no refunds, and perhaps no payments.
    const items = whole.items.map((item) => ({ ...item, refunded: 0, refundedQuantity: 0 }))
    const open: DemoSale = { ...whole, items, status: 'OPEN', payments: [], refunds: [], updatedAt: at }
    const paid: DemoSale = { ...open, status: 'COMPLETED', payments: whole.payments }
    const tell = (sale: DemoSale, when: number) => till.keep('sales', recordOfSale({ ...sale, updatedAt: when }))

    if (whole.status === 'VOIDED') {
      tell(open, at)
      soon(at, (when) => {
        simulated.voided += 1
        tell({ ...open, status: 'VOIDED' }, when)
      })
      return
    }
    const pay = (when: number) => {
      tell(paid, when)
      simulated.taken += whole.total
      for (const { sku, quantity } of whole.items)
        if (sku.track_stock) take(till, warehouse, sku.id, -quantity, { type: 'SALE', sale: id, when })
      if (customer) spend(till, customer, whole.total, when)
      if (whole.refunds.length > 0) soon(when, giveBack)
    }
    const giveBack = (when: number) => {
      simulated.refunded += 1
      const refunds = whole.refunds.map((refund) => ({ ...refund, refundedAt: when }))
      tell({ ...whole, payments: whole.payments, refunds }, when)
      for (const { sku, refundedQuantity } of whole.items)
        if (sku.track_stock && refundedQuantity > 0)
          take(till, warehouse, sku.id, refundedQuantity, { type: 'REFUND', sale: id, when })
    }
    if (random.chance(0.2)) {
      tell(open, at)
      soon(at, pay)
    } else pay(at)
  }

  function move(
    till: Till,
    warehouse: DemoWarehouse,
    skuId: string,
    quantity: number,
    about: { type: string; reference: string | null; id: string | null; when: number },
  ): void {
    const shelf = shop.shelves.get(stockKey(warehouse, skuId)) ?? { onHand: 0, low: 0 }
    shop.shelves.set(stockKey(warehouse, skuId), { ...shelf, onHand: shelf.onHand + quantity })
    till.keep('stock-movements', {
      ...{ id: random.id(), warehouse_id: warehouse.id, product_sku_id: skuId, movement_type: about.type },
      ...{ quantity: decimal(quantity, 3), reference_type: about.reference, reference_id: about.id },
      occurred_at: iso(about.when),
    })
  }

  /** The central warehouse replenishes a shop some time after a sale; a delivery replenishes the central warehouse. */
  function take(
    till: Till,
    warehouse: DemoWarehouse,
    skuId: string,
    quantity: number,
    { type, sale, when }: { type: string; sale: string; when: number },
  ): void {
    move(till, warehouse, skuId, quantity, { type, reference: 'sale', id: sale, when })
    const shelf = shop.shelves.get(stockKey(warehouse, skuId))
    // SKUs without a reorder point sell out eventually.
    if (!shelf || shelf.low === 0 || shelf.onHand >= shelf.low || shelf.onHand - quantity < shelf.low) return
    const more = 2 * Math.ceil(shelf.low / 1000) * 1000
    soon(when, (at) => {
      const transfer = { reference: 'transfer', id: random.id(), when: at }
      const central = shop.shelves.get(stockKey(shop.central, skuId))
      if (central && central.onHand - more < central.low)
        move(till, shop.central, skuId, 10 * more, { type: 'PURCHASE_RECEIPT', reference: null, id: null, when: at })
      move(till, shop.central, skuId, -more, { ...transfer, type: 'TRANSFER_OUT' })
      move(till, warehouse, skuId, more, { ...transfer, type: 'TRANSFER_IN' })
    })
  }

  function arrive(till: Till, at: number): void {
    const customer = newCustomer(random, at)
    simulated.new_customers += 1
    shop.customers.push(customer)
    till.keep('customers', customer)
  }

  function spend(till: Till, customer: ListedRow, satang: number, when: number): void {
    const points = Math.floor(satang / 2500)
    // Every version needs its own updated_at.
    const version = Math.max(when, Date.parse(customer.updated_at) + 1)
    Object.assign(customer, {
      total_spent: baht(Math.round(Number(customer.total_spent) * 100) + satang),
      total_visits: customer.total_visits + 1,
      total_points: customer.total_points + points,
      available_points: customer.available_points + points,
      last_visit_date: dayOf(when),
      updated_at: iso(version),
    })
    till.keep('customers', { ...customer })
  }

  return {
    tills,
    sell,
    goOn(at: number): void {
      for (const { happen } of later.takeBefore(at)) happen(at)
    },
  }
}
