import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { categoryChain, keys, longSale, ndjson } from '../test/batches.ts'
import { newSku } from '../test/factories.ts'
import { type Json, testServer } from '../test/harness.ts'
import { customerRecord, makeShopIds, openTill, productRecord, saleRecord, supplierRecord } from '../test/records.ts'

// The longest time for which one batch blocks all other requests of its process: CPU time of the main thread between two
// turns of its event loop, including garbage collection. CPU time, because other processes of the machine lengthen a turn
// without adding work. Run: npm run test:file -- bench/blocks.ts

const server = await testServer()
const { business, token } = await openTill(server)
const place = await makeShopIds(server.db, business.id, business.branches[0].id)

const NDJSON = 'application/x-ndjson'
const many = (count: number, make: () => Json) => ndjson(Array.from({ length: count }, make))

/** A record with ten mistakes. */
const wrongCustomer = () => ({
  ...{ id: randomUUID(), full_name: 1, first_name: 2, email: 3, phone: 4, is_active: 5, is_verified: 6 },
  ...{ total_points: '7', available_points: '8', total_spent: 9, total_visits: '1' },
})

const BATCHES: [name: string, path: string, make: () => string | Buffer, type?: string][] = [
  ['16.7 million line feeds', 'suppliers', () => Buffer.alloc(16 << 20, '\n')],
  ['a record of 300,000 unknown keys', 'suppliers', () => `{${keys(300_000)}}`],
  [
    '5,000 records of 300 unknown keys',
    'suppliers',
    () =>
      Array(5000)
        .fill(`{${keys(300)}}`)
        .join('\n'),
  ],
  ['5,000 records of 10 mistakes, partial', 'customers?partial=true', () => many(5000, wrongCustomer)],
  ['5,000 categories in a chain without a root', 'categories', () => ndjson(categoryChain(5000))],
  ['a list behind white space', 'suppliers', () => `${' '.repeat(16_000_000)}{"records":[]}`, 'application/json'],
  ['a record of 8 million values', 'sales', () => `{"items":[${'1,'.repeat(8_000_000)}1]}`],
  ['a string of 16 million characters', 'suppliers', () => `{"id":"${'a'.repeat(16_000_000)}"}`],
  ['a number of 16 million digits', 'suppliers', () => `{"id":${'1'.repeat(16_000_000)}}`],
  ['29 sales of 1,000 items', 'sales', () => many(29, () => longSale(place, 1000))],
  ['5,000 sales', 'sales', () => many(5000, () => saleRecord(place))],
  ['5,000 suppliers', 'suppliers', () => many(5000, () => supplierRecord())],
  [
    '4,500 customers with addresses',
    'customers',
    () => many(4500, () => customerRecord({ address: 'ก'.repeat(1000) })),
  ],
  [
    '40 products of 1,000 SKUs',
    'products',
    () => many(40, () => productRecord({ skus: Array.from({ length: 1000 }, () => newSku()) })),
  ],
]

/** Sends a body, and reads the answer without parsing it. */
const send = (path: string, type: string, body: Buffer) =>
  new Promise<number | undefined>((resolve, reject) => {
    const headers = {
      ...{ authorization: `Bearer ${token}`, 'content-type': type },
      ...{ 'content-encoding': 'gzip', 'content-length': body.length },
    }
    const sent = request(`${server.url}/api/ingest/v1/${path}`, { method: 'POST', headers }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode))
    })
    sent.on('error', reject)
    sent.end(body)
  })

for (const [name, path, make, type = NDJSON] of BATCHES)
  test(name, async (t) => {
    const body = gzipSync(make())
    let longest = 0
    let isOver = false
    let before = process.threadCpuUsage()
    const tick = () => {
      const { user, system } = process.threadCpuUsage(before)
      before = process.threadCpuUsage()
      longest = Math.max(longest, user + system)
      if (!isOver) setImmediate(tick)
    }
    await new Promise((resolve) => {
      setImmediate(() => {
        before = process.threadCpuUsage()
        setImmediate(tick)
        resolve(undefined)
      })
    })
    const status = await send(path, type, body)
    isOver = true
    t.diagnostic(`${name}: ${status}, longest turn ${(longest / 1000).toFixed(1)} ms`)
  })
