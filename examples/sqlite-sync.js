// Keeps customers and sales in a SQLite file, exactly as the shop has them: node sqlite-sync.js shop.sqlite
// Stop it whenever you like. What it has read and how far it is are always written together.
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { ApiError, Talad } from '@talad/sdk'

const { TALAD_BASE_URL: baseUrl, TALAD_CLIENT_ID: clientId, TALAD_CLIENT_SECRET: clientSecret } = process.env
const talad = new Talad({ baseUrl, clientId, clientSecret, scopes: ['read:customers', 'read:sales'] })

// The copy goes on when nobody reads what is said of it.
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

/** Puts a record in, or takes it out if it is gone: then only its id is left. */
function put(kind, record) {
  const [table, columns] = tables[kind]
  if (Object.keys(record).length === 1) return db.prepare(`delete from ${table} where id = ?`).run(record.id)
  const values = columns.map((name) => (typeof record[name] === 'boolean' ? Number(record[name]) : record[name]))
  const places = [...columns, 'data'].map(() => '?').join(', ')
  db.prepare(`insert or replace into ${table} values (${places})`).run(...values, JSON.stringify(record))
}

/** All of it happens, or nothing. */
function together(work) {
  db.exec('begin')
  try {
    work()
    db.exec('commit')
  } catch (error) {
    try {
      db.exec('rollback')
    } catch {
      // On a full disk SQLite has done so by itself.
    }
    throw error
  }
}

const putAll = (kind, records) =>
  together(() => {
    for (const record of records) put(kind, record)
  })

const keep = (position) => db.prepare('insert or replace into progress values (1, ?)').run(position)

/** The position comes first, so that what changes during the walk is told afterwards. */
async function walk() {
  const { pagination } = await talad.events.list({ after: 'latest' }).page()
  db.exec('delete from customers; delete from sales; delete from progress')
  for await (const { data } of talad.customers.list().pages()) putAll('customer', data)
  for await (const { data } of talad.sales.list().pages()) putAll('sale', data)
  keep(pagination.next_after)
  console.log(`walked, at position ${pagination.next_after}`)
}

async function follow(signal) {
  const { position } = db.prepare('select position from progress').get()
  for await (const { data, pagination } of talad.events.follow({ after: position }, { signal }).pages()) {
    together(() => {
      for (const event of data) if (event.resource_type in tables) put(event.resource_type, event.data)
      keep(pagination.next_after)
    })
    if (data.length > 0) console.log(`${data.length} events, at position ${pagination.next_after}`)
  }
}

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort())
while (!stop.signal.aborted) {
  try {
    if (!db.prepare('select position from progress').get()) await walk()
    await follow(stop.signal)
  } catch (error) {
    if (stop.signal.aborted) break
    // Away for longer than events are kept: begin anew.
    if (error instanceof ApiError && error.details.some(({ field }) => field === 'after')) {
      db.exec('delete from progress')
      continue
    }
    // What was written is whole, also on a full disk: started again, it goes on from there.
    console.error(`The copy is not up to date: ${error.message}.`)
    process.exitCode = 1
    break
  }
}
db.close()
