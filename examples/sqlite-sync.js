// Keeps an exact copy of customers and sales in a SQLite file: node sqlite-sync.js shop.sqlite
// You can stop it at any time: data and position are written in one transaction.
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { ApiError, Talad } from '@talad/sdk'

const { TALAD_BASE_URL: baseUrl, TALAD_CLIENT_ID: clientId, TALAD_CLIENT_SECRET: clientSecret } = process.env
const talad = new Talad({ baseUrl, clientId, clientSecret, scopes: ['read:customers', 'read:sales'] })

// Continue when the output is closed; it carries only messages.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

const db = new DatabaseSync(process.argv[2] ?? 'shop.sqlite')
db.exec(`
  pragma journal_mode = wal;
  create table if not exists customers (id text primary key, full_name text, total_spent text, is_active int, data text);
  create table if not exists sales (id text primary key, customer_id text, business_date text, status text, total_amount text, data text);
  create table if not exists progress (id int primary key check (id = 1), position int not null);
`)
const tables = {
  customer: ['customers', ['id', 'full_name', 'total_spent', 'is_active']],
  sale: ['sales', ['id', 'customer_id', 'business_date', 'status', 'total_amount']],
}

/** Stores a record, or deletes it if the record contains only its ID. */
function store(type, record) {
  const [table, columns] = tables[type]
  if (Object.keys(record).length === 1) return db.prepare(`delete from ${table} where id = ?`).run(record.id)
  const values = columns.map((name) => (typeof record[name] === 'boolean' ? Number(record[name]) : record[name]))
  const places = [...columns, 'data'].map(() => '?').join(', ')
  db.prepare(`insert or replace into ${table} values (${places})`).run(...values, JSON.stringify(record))
}

/** Runs the work in a transaction. */
function inTransaction(work) {
  db.exec('begin')
  try {
    work()
    db.exec('commit')
  } catch (error) {
    try {
      db.exec('rollback')
    } catch {
      // On a full disk SQLite has already rolled back.
    }
    throw error
  }
}

const storeAll = (type, records) =>
  inTransaction(() => {
    for (const record of records) store(type, record)
  })

const savePosition = (position) => db.prepare('insert or replace into progress values (1, ?)').run(position)

/** Reads the lists after the position, so that changes during the read arrive as events. */
async function readLists() {
  const { pagination } = await talad.events.list({ after: 'latest' }).page()
  db.exec('delete from customers; delete from sales; delete from progress')
  for await (const { data } of talad.customers.list().pages()) storeAll('customer', data)
  for await (const { data } of talad.sales.list().pages()) storeAll('sale', data)
  savePosition(pagination.next_after)
  console.log(`lists read, at position ${pagination.next_after}`)
}

async function follow(signal) {
  const { position } = db.prepare('select position from progress').get()
  for await (const { data, pagination } of talad.events.follow({ after: position }, { signal }).pages()) {
    inTransaction(() => {
      for (const event of data) if (event.resource_type in tables) store(event.resource_type, event.data)
      savePosition(pagination.next_after)
    })
    if (data.length > 0) console.log(`${data.length} events, at position ${pagination.next_after}`)
  }
}

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort())
while (!stop.signal.aborted) {
  try {
    if (!db.prepare('select position from progress').get()) await readLists()
    await follow(stop.signal)
  } catch (error) {
    if (stop.signal.aborted) break
    // The events after this position are no longer available: read the lists again.
    if (error instanceof ApiError && error.details.some(({ field }) => field === 'after')) {
      db.exec('delete from progress')
      continue
    }
    // The file is consistent, also after a full disk. Run the program again to continue.
    console.error(`The copy is not up to date: ${error.message}.`)
    process.exitCode = 1
    break
  }
}
db.close()
