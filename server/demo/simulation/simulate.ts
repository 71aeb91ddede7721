import { setTimeout as sleep } from 'node:timers/promises'
import type { DemoFile } from '../demo.ts'
import { demoClient, ServerAway } from './client.ts'
import { readShop } from './shop.ts'
import { sent, type Till } from './till.ts'
import { continueTrading, createTrading, type Simulated, sell } from './trading.ts'

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
    stored: { customers: 0, consents: 0, sales: 0, 'stock-movements': 0 },
  }
  const shop = await patiently(simulating, () => readShop(client))
  if (shop === null) return simulated
  say(`Started ${shop.branches.length} tills with ${shop.skus.length} SKUs and ${shop.customers.length} customers.`)
  const trading = createTrading(simulating, client, shop, simulated)
  const { tills } = trading
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
    for (; due >= 1; due -= 1) if (waiting() < WAITING_MAX) sell(trading, at)
    continueTrading(trading, at)
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
