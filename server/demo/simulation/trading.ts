import { baht, dayOf, decimal, iso } from '../figures.ts'
import { type Random, randomFrom } from '../random.ts'
import { newConsent } from '../records/consents.ts'
import { newCustomer } from '../records/customers.ts'
import type { DemoWarehouse } from '../records/warehouses.ts'
import { type Agenda, agendaOf } from '../trade/agenda.ts'
import { type DemoSale, newSale, type Returnable } from '../trade/sales.ts'
import type { DemoClient, ListedRow } from './client.ts'
import { type Shop, stockKey } from './shop.ts'
import { recordOfSale, type Till, type TillPath, tillOf } from './till.ts'

// Generates the events of the branches: sales with their payments and refunds, stock movements, and customers.

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

/** An event scheduled for later. */
type Later = { at: number; happen(at: number): void }

/** The state of the simulated branches. */
type Trading = {
  random: Random
  shop: Shop
  /** One per branch, in the order of the branches. */
  tills: Till[]
  menu: { dishes: Shop['skus']; goods: Shop['skus'] }
  later: Agenda<Later>
  returnable: Returnable
  simulated: Simulated
}

export function createTrading(
  { seed, say }: { seed: number; say(line: string): void },
  client: DemoClient,
  shop: Shop,
  simulated: Simulated,
): Trading {
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
  return { random: randomFrom(seed), shop, tills, menu, later: agendaOf(), returnable: new Map(), simulated }
}

/** Runs the scheduled events whose time has come. */
export function continueTrading({ later }: Trading, at: number): void {
  for (const { happen } of later.takeBefore(at)) happen(at)
}

const soon = ({ random, later }: Trading, at: number, happen: Later['happen']) =>
  later.add({ at: at + random.whole(2_000, 30_000), happen })

const SELLER = { shopping: 0.3, sizes: [1, 1, 2, 2, 2, 3, 3, 4, 5] }

/** A sale in its final state, and where it is made. */
type Checkout = { till: Till; warehouse: DemoWarehouse; customer: ListedRow | null; sale: DemoSale }

/** Makes a sale at a random branch. */
export function sell(trading: Trading, at: number): void {
  const { random, shop, tills, menu, simulated } = trading
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
  if (random.chance(0.04)) arrive(trading, till, at)
  const customer = random.chance(0.38) && shop.customers.length > 0 ? (random.pick(shop.customers) as ListedRow) : null
  const id = random.id()
  const about = {
    id,
    number: `${branch.code}-${dayOf(at).slice(2).replaceAll('-', '')}-${id.slice(0, 8)}`,
    branch: branch.id,
    orderedAt: at,
    customer: customer?.id ?? null,
    isOpen: false,
    end: at,
  }
  simulated.sales += 1
  const sale = { ...newSale(random, { ...SELLER, returnable: trading.returnable }, menu, about), createdAt: at }
  checkOut(trading, { till, warehouse, customer: sale.returnOf === null ? customer : null, sale }, at)
  if (random.chance(0.02)) lookOver(trading, till, warehouse, at)
}

/** Sends the states of a sale: open, then paid or voided, then refunded. */
function checkOut(trading: Trading, { till, warehouse, customer, sale }: Checkout, at: number): void {
  const { random, simulated } = trading
  // The initial state: no refunds, and perhaps no payments.
  const items = sale.items.map((item) => ({ ...item, refunded: 0, refundedQuantity: 0 }))
  let state: DemoSale = { ...sale, items, status: 'OPEN', payments: [], refunds: [] }
  let told = 0
  const tell = (changes: Partial<DemoSale>, when: number) => {
    // Two changes can happen in one tick, and every version needs its own updated_at.
    told = Math.max(when, told + 1)
    state = { ...state, ...changes, updatedAt: told }
    till.keep('sales', recordOfSale(state))
  }

  if (sale.status === 'VOIDED') {
    tell({}, at)
    soon(trading, at, (when) => {
      simulated.voided += 1
      tell({ status: 'VOIDED' }, when)
    })
    return
  }
  const pay = (when: number) => {
    tell({ status: 'COMPLETED', payments: sale.payments }, when)
    simulated.taken += sale.total
    for (const { sku, quantity } of sale.items)
      if (sku.track_stock) take(trading, till, warehouse, sku.id, -quantity, { type: 'SALE', sale: sale.id, when })
    if (customer) {
      if (sale.total > 0) spend(till, customer, sale.total, when)
      // Only newcomers have an external_id here. Their own till may be offline, and a consent needs its customer.
      if (random.chance(0.05) && !('external_id' in customer))
        till.keep('consents', newConsent(random, customer.id, when))
    }
    if (sale.refunds.length > 0) soon(trading, when, giveBack)
    if (sale.payments.some(({ method }) => method === 'CREDIT')) soon(trading, when, settle)
  }
  const settle = (when: number) => {
    const settled = state.payments.map((payment) =>
      payment.method === 'CREDIT' ? { ...payment, settledAt: when } : payment,
    )
    tell({ payments: settled }, when)
  }
  const giveBack = (when: number) => {
    simulated.refunded += 1
    const refunds = sale.refunds.map((refund) => ({ ...refund, refundedAt: when }))
    tell({ status: sale.status, items: sale.items, refunds }, when)
    for (const { sku, refundedQuantity } of sale.items)
      if (sku.track_stock && refundedQuantity > 0)
        take(trading, till, warehouse, sku.id, refundedQuantity, { type: 'REFUND', sale: sale.id, when })
  }
  // A return is never open.
  if (sale.total >= 0 && random.chance(0.2)) {
    tell({}, at)
    soon(trading, at, pay)
  } else pay(at)
}

/** The central warehouse replenishes a shop some time after a sale; a delivery replenishes the central warehouse. */
function take(
  trading: Trading,
  till: Till,
  warehouse: DemoWarehouse,
  skuId: string,
  quantity: number,
  { type, sale, when }: { type: string; sale: string; when: number },
): void {
  const { shop, random } = trading
  move(trading, till, warehouse, skuId, quantity, { type, reference: 'sale', id: sale, when })
  const shelf = shop.shelves.get(stockKey(warehouse, skuId))
  // SKUs without a reorder point sell out eventually.
  if (!shelf || shelf.low === 0 || shelf.onHand >= shelf.low || shelf.onHand - quantity < shelf.low) return
  const more = 2 * Math.ceil(shelf.low / 1000) * 1000
  soon(trading, when, (at) => {
    const transfer = { reference: 'transfer', id: random.id(), when: at }
    const central = shop.shelves.get(stockKey(shop.central, skuId))
    const receipt = { type: 'PURCHASE_RECEIPT', reference: null, id: null, when: at }
    if (central && (central.onHand - more < central.low || random.chance(0.05)))
      move(trading, till, shop.central, skuId, 10 * more, receipt)
    move(trading, till, shop.central, skuId, -more, { ...transfer, type: 'TRANSFER_OUT' })
    move(trading, till, warehouse, skuId, more, { ...transfer, type: 'TRANSFER_IN' })
  })
}

function move(
  { random, shop }: Trading,
  till: Till,
  warehouse: DemoWarehouse,
  skuId: string,
  quantity: number,
  about: { type: string; reference: string | null; id: string | null; when: number; note?: string; document?: string },
): void {
  const shelf = shop.shelves.get(stockKey(warehouse, skuId)) ?? { onHand: 0, low: 0, cost: null }
  shop.shelves.set(stockKey(warehouse, skuId), { ...shelf, onHand: shelf.onHand + quantity })
  till.keep('stock-movements', {
    ...{ id: random.id(), warehouse_id: warehouse.id, product_sku_id: skuId, movement_type: about.type },
    ...{ quantity: decimal(quantity, 3), reference_type: about.reference, reference_id: about.id },
    ...{ unit_cost: shelf.cost, note: about.note ?? null, external_id: about.document ?? null },
    occurred_at: iso(about.when),
  })
}

const FINDINGS = [
  { type: 'WASTE', pieces: [-2, -1], note: 'หมดอายุ', prefix: 'WST' },
  { type: 'STOCK_COUNT', pieces: [-1, 1], note: 'นับสต็อกประจำรอบ', prefix: 'CNT' },
  { type: 'ADJUSTMENT', pieces: [-1, 1], note: 'ปรับปรุงยอด', prefix: 'ADJ' },
] as const

/** Somebody looks over a shelf, and corrects what is not as it should be. */
function lookOver(trading: Trading, till: Till, warehouse: DemoWarehouse, at: number): void {
  const { random, shop, menu } = trading
  const { id } = random.pick(menu.goods)
  if ((shop.shelves.get(stockKey(warehouse, id))?.onHand ?? 0) < 3000) return
  const { type, pieces, note, prefix } = random.pick<(typeof FINDINGS)[number]>(FINDINGS)
  const document = `${prefix}-${dayOf(at).replaceAll('-', '')}-${random.whole(1, 9999)}`
  const about = { type, reference: null, id: null, when: at, note, document }
  move(trading, till, warehouse, id, 1000 * random.pick<number>(pieces), about)
}

function arrive({ random, shop, simulated }: Trading, till: Till, at: number): void {
  const customer = { ...newCustomer(random, at), external_id: `CRM-${random.whole(1_000_000, 9_999_999)}` }
  simulated.new_customers += 1
  shop.customers.push(customer)
  till.keep('customers', customer)
  till.keep('consents', newConsent(random, customer.id as string, at))
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
