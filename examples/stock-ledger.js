// Keeps every stock movement in a SQLite file: node stock-ledger.js stock.sqlite
// It reads only the event log, which also has movements that a shop sends late. You can stop it at any time.
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { ApiError, Talad } from '@talad/sdk'

const { TALAD_BASE_URL: baseUrl, TALAD_CLIENT_ID: clientId, TALAD_CLIENT_SECRET: clientSecret } = process.env
const talad = new Talad({ baseUrl, clientId, clientSecret, scopes: ['read:inventory'] })

// Continue when the output is closed; it carries only messages.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

const db = new DatabaseSync(process.argv[2] ?? 'stock.sqlite')
db.exec(`
  pragma journal_mode = wal;
  create table if not exists movements (
    position int primary key, id text not null unique, warehouse_id text not null, product_sku_id text not null,
    movement_type text not null, quantity text not null, quantity_before text not null, quantity_after text not null,
    occurred_at text not null
  );
  create index if not exists movements_by_stock on movements (warehouse_id, product_sku_id, position);
  create table if not exists progress (id int primary key check (id = 1), position int not null);
`)
const FIELDS = ['id', 'warehouse_id', 'product_sku_id', 'movement_type']
const QUANTITIES = ['quantity', 'quantity_before', 'quantity_after', 'occurred_at']
const insert = db.prepare(`insert into movements values (${Array(9).fill('?').join(', ')})`)
const latest = db.prepare(
  'select quantity_after from movements where warehouse_id = ? and product_sku_id = ? order by position desc limit 1',
)

/** Stores a movement. The quantities of a stock level form a chain, so a gap would show. */
function store({ position, data }) {
  const known = latest.get(data.warehouse_id, data.product_sku_id)
  if (known && known.quantity_after !== data.quantity_before) throw new Error(`a movement before ${data.id} is missing`)
  insert.run(position, ...[...FIELDS, ...QUANTITIES].map((name) => data[name]))
}

/** Stores a page of events and the new position in one transaction. */
function storePage({ data, pagination }) {
  db.exec('begin')
  try {
    for (const event of data) store(event)
    db.prepare('insert or replace into progress values (1, ?)').run(pagination.next_after)
    db.exec('commit')
  } catch (error) {
    try {
      db.exec('rollback')
    } catch {
      // On a full disk SQLite has already rolled back.
    }
    throw error
  }
  if (data.length > 0) console.log(`${data.length} movements, at position ${pagination.next_after}`)
}

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort())
try {
  // Events are kept for 90 days. A first run starts with the oldest one.
  const after = db.prepare('select position from progress').get()?.position
  const wanted = { event_type: ['stock_movement.created'], ...(after !== undefined && { after }) }
  for await (const page of talad.events.follow(wanted, { signal: stop.signal }).pages()) storePage(page)
} catch (error) {
  if (!stop.signal.aborted) {
    const isTooOld = error instanceof ApiError && error.details.some(({ field }) => field === 'after')
    const hint = isTooOld ? ' Start again with a new file and a stock count.' : ''
    console.error(`The ledger is not up to date: ${error.message}.${hint}`)
    process.exitCode = 1
  }
}
db.close()
