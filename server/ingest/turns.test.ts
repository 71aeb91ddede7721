import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { categoryChain, keys, longSale, ndjson } from '../../test/batches.ts'
import { type Json, PARTNER, testServer } from '../../test/harness.ts'
import { categoryRecord, customerRecord, makeShopIds, moment, openTill, supplierRecord } from '../../test/records.ts'
import { onlyOnce, onlyThorough } from '../../test/thorough.ts'
import { turnsDuring } from '../../test/turns.ts'
import { recordKinds } from '../api/index.ts'
import type { RecordKind } from '../contract/record_kind.ts'
import { JSON_VALUES_MAX, LINES_MAX, MISTAKES_MAX, PARAMETER_MAX_LENGTH, RECORDS_MAX } from '../limits.ts'
import { jsonLists, sortInSlices } from '../time_slice.ts'
import { STEP_MAX_LENGTH } from '../values/json.ts'
import { type Line, linesOf, membersOf } from './read/lines.ts'
import { readBatch } from './read/reading.ts'

// Other requests are served while the server works on batches that are small to send and expensive to process. The tests
// count turns of the event loop, not milliseconds: a batch that is processed in one step allows no turn.

const server = await testServer()
const { business, token } = await openTill(server)
const place = await makeShopIds(server.db, business.id, business.branches[0].id)

const NDJSON = 'application/x-ndjson'
const JSON_TYPE = 'application/json'

/** Sends a compressed body, like an attacker. */
const post = (path: string, body: string | Buffer, type = NDJSON) =>
  server.call(`/api/ingest/v1/${path}`, {
    token,
    headers: { 'content-type': type, 'content-encoding': 'gzip' },
    body: gzipSync(body) as Buffer<ArrayBuffer>,
  })

const kindOf = (path: string) => recordKinds.find((kind) => kind.path === path) as RecordKind

const read = (path: string, lines: AsyncIterable<Line>) => turnsDuring(() => readBatch(kindOf(path), lines, new Date()))

describe('limits', () => {
  test('a batch of 16.7 million line feeds in 16 kB of gzip is rejected', onlyOnce, async () => {
    const { status, body } = await post('suppliers', Buffer.alloc(16 << 20, '\n'))
    assert.deepEqual(
      [status, body.error, body.message],
      [413, 'payload_too_large', `A batch can have at most ${LINES_MAX} lines, including blank lines`],
    )
    assert.equal(
      (await post('suppliers', `${'\n'.repeat(LINES_MAX - 1)}${JSON.stringify(supplierRecord())}`)).status,
      200,
    )
  })

  test('a record with 300,000 unknown keys is one mistake, and the next record is stored', onlyOnce, async () => {
    const message = 'has more than 100 keys in one object before character'
    const { status, body } = await post(
      'suppliers?partial=true',
      `${JSON.stringify(supplierRecord())}\n{${keys(300_000)}}\n`,
    )
    assert.deepEqual([status, body.data.created, body.rejected.length], [200, 1, 1])
    assert.equal(body.rejected[0].message, `${message} 798`)
    const listed = await post('suppliers', `{"records":[{${keys(300_000)}}]}`, JSON_TYPE)
    assert.deepEqual([listed.status, listed.body.details.length], [400, 1])
    assert.ok(listed.body.details[0].message.startsWith(message))
  })

  test(
    'a record of eight million values, and a string or number of sixteen million characters, are rejected',
    onlyThorough,
    async () => {
      for (const [value, message] of [
        [
          `[${'1,'.repeat(8_000_000)}1]`,
          new RegExp(`^has more than ${JSON_VALUES_MAX} values in one record at character \\d+$`),
        ],
        [`"${'a'.repeat(16_000_000)}"`, /^has a string of more than 65536 characters at character \d+$/],
        [`"${'\\u0e01'.repeat(2_700_000)}"`, /^has a string of more than 65536 characters at character \d+$/],
        ['1'.repeat(16_000_000), /^has a number of more than 100 characters before character \d+$/],
        [' '.repeat(16_000_000), /^has more than 65536 characters of white space in a row before character \d+$/],
      ] as const) {
        const { status, body } = await post('sales', `{"items":${value}}`)
        assert.deepEqual([status, body.details.length], [400, 1])
        assert.match(body.details[0].message, message)
      }
    },
  )

  test('at most 10 mistakes per record and 100 per batch are collected, with the record id', onlyThorough, async () => {
    const id = randomUUID()
    const wrong = `{${keys(90)},"id":"${id.toUpperCase()}"}`
    let taken = 0
    const counted = async function* () {
      for await (const line of linesOf([Buffer.from(`${wrong}\n`.repeat(RECORDS_MAX))])) {
        taken += 1
        yield line
      }
    }
    const { rejections } = await readBatch(kindOf('suppliers'), counted(), new Date(), MISTAKES_MAX)
    assert.deepEqual([rejections.length, taken], [100, 10])
    assert.ok(rejections.every((rejection) => rejection.id === id))
    const { body } = await post('suppliers', `${wrong}\n`.repeat(RECORDS_MAX))
    assert.equal(body.details.length, MISTAKES_MAX)
    const partial = await post('suppliers?partial=true', `${wrong}\n`.repeat(RECORDS_MAX))
    assert.equal(partial.body.rejected.length, 10 * RECORDS_MAX)
    assert.deepEqual(partial.body.rejected[49_999], {
      line: RECORDS_MAX,
      id,
      field: 'k9',
      message: partial.body.rejected[0].message,
    })
  })

  test('the limit of reported mistakes also applies to unknown parameters and members', onlyOnce, async () => {
    const names = Array.from({ length: 4000 }, (_, at) => at.toString(36)).join('&')
    const { status, body } = await server.call(`/api/ingest/v1/suppliers?${names}`, {
      token,
      headers: { 'content-type': NDJSON },
      body: '',
    })
    assert.deepEqual([status, body.details.length], [400, MISTAKES_MAX])
    const broken = await server.call(`${PARTNER}/customers?${'%z=1&'.repeat(3000)}`, { token })
    assert.ok([400, 403].includes(broken.status))
  })
})

describe('a body is read no further than its records', onlyOnce, () => {
  const PIECE = 64 * 1024

  /** Returns a body in pieces, as it arrives or is decompressed, and counts the pieces that are taken. */
  function inPieces(text: string | Buffer, length = PIECE) {
    const bytes = Buffer.from(text)
    const counted = { taken: 0, isStopped: false, pieces: pieces() }
    async function* pieces() {
      try {
        for (let at = 0; at < bytes.length; at += length) {
          counted.taken += 1
          yield bytes.subarray(at, at + length)
        }
      } finally {
        counted.isStopped = true
      }
    }
    return counted
  }

  const taking = async (lines: AsyncIterable<Line>) => readBatch(kindOf('suppliers'), lines, new Date(), MISTAKES_MAX)

  test('a batch with too many lines is rejected after its first piece', async () => {
    const body = inPieces(Buffer.alloc(16 << 20, '\n'))
    await assert.rejects(taking(linesOf(body.pieces)), /at most 20000 lines/)
    assert.deepEqual([body.taken, body.isStopped], [1, true])
  })

  test('a batch of wrong records is read up to the last mistake that is reported', async () => {
    const record = `{${keys(150)}}\n`
    const body = inPieces(record.repeat(RECORDS_MAX))
    const { rejections } = await taking(linesOf(body.pieces))
    assert.equal(rejections.length, MISTAKES_MAX)
    assert.equal(body.taken, Math.ceil((record.length * MISTAKES_MAX) / PIECE))
    assert.ok(body.isStopped)
  })

  test('a list with a wrong first record is read a step ahead of it', async () => {
    const body = inPieces(`{"records":[{${keys(1_500_000)}}]}`)
    await assert.rejects(taking(membersOf(body.pieces)))
    assert.ok(body.taken <= 2 + STEP_MAX_LENGTH / PIECE, `${body.taken} pieces`)
    assert.ok(body.isStopped)
  })

  test('the server decompresses a body no further than its records', async () => {
    // Decompressed to its end, it would be larger than allowed.
    const { status, body } = await post(
      'suppliers',
      Buffer.concat([Buffer.from('x\n'.repeat(100)), Buffer.alloc(17 << 20, ' ')]),
    )
    assert.deepEqual([status, body.details?.length], [400, MISTAKES_MAX])
  })

  test('records are the same wherever the pieces of a body begin, also inside a character', async () => {
    const text = [
      `\uFEFF${JSON.stringify(supplierRecord({ company_name: 'บริษัท ชาดี 🍵 จำกัด' }))}`,
      ' ',
      '{"id":"ก",}',
      '\r',
      JSON.stringify(customerRecord()),
      '"🍵"',
    ]
    const broken = Buffer.concat([Buffer.from('"ก'), Buffer.from([0xe0, 0xb8]), Buffer.from('"\n')])
    const lines = Buffer.concat([Buffer.from(`${text.join('\n')}\n`), broken, Buffer.from('{"a":"ไทย"}')])
    const list = Buffer.from(`\uFEFF{"records":[${text[4]} , {"ก":"🍵"}]}`)
    const wholeLines = await Array.fromAsync(linesOf([lines]))
    const wholeList = await Array.fromAsync(membersOf([list]))
    assert.deepEqual([wholeLines.length, wholeList.length], [6, 2])
    assert.deepEqual(
      wholeLines.map(({ line, mistake }) => [line, mistake]),
      [
        [1, null],
        [3, 'is not valid JSON: it must have a string at character 11'],
        [5, null],
        [6, null],
        [7, 'is not valid UTF-8'],
        [8, null],
      ],
    )
    for (const length of [1, 2, 3, 5, 7, 64, 1000]) {
      assert.deepEqual(await Array.fromAsync(linesOf(inPieces(lines, length).pieces)), wholeLines, `${length} bytes`)
      assert.deepEqual(await Array.fromAsync(membersOf(inPieces(list, length).pieces)), wholeList, `${length} bytes`)
    }
    for (const cut of [Buffer.from([0xe0]), Buffer.from([0xf0, 0x9f, 0x8d])])
      await assert.rejects(Array.fromAsync(membersOf([list, cut])), ({ extra }: Json) => {
        assert.match(extra.details[0].message, /valid UTF-8|must end at/)
        return true
      })
  })
})

describe('other requests are served while a batch is parsed', () => {
  test('other requests are served during a batch of 29 sales with 1,000 items', onlyOnce, async () => {
    const body = Buffer.from(ndjson(Array.from({ length: 29 }, () => longSale(place, 1000))))
    const { turns, result } = await read('sales', linesOf([body]))
    assert.deepEqual([result.records.length, result.rejections], [29, []])
    assert.ok(turns >= 10, `${turns} turns`)
  })

  test('other requests are served during a sale with 1,000 items, payments and refunds', onlyOnce, async () => {
    const sale = longSale(place, 1000)
    const refund = { id: '', method: 'CASH', amount: '0', refunded_at: sale.order_date }
    const [payment] = sale.payments
    const whole = {
      ...sale,
      payments: [payment, ...Array.from({ length: 999 }, () => ({ ...payment, amount: '0' }))],
      refunds: Array.from({ length: 1000 }, () => ({ ...refund, id: randomUUID() })),
    }
    const { turns, result } = await read('sales', linesOf([Buffer.from(JSON.stringify(whole))]))
    assert.deepEqual([result.records.length, result.rejections], [1, []])
    assert.ok(turns >= 2, `${turns} turns`)
  })

  test(
    'other requests are served during 5,000 records with 90 unknown keys each, in lines and in a list',
    onlyThorough,
    async () => {
      const record = `{${keys(90)}}`
      for (const lines of [
        linesOf([Buffer.from(`${record}\n`.repeat(RECORDS_MAX))]),
        membersOf([Buffer.from(`{"records":[${`${record},`.repeat(RECORDS_MAX - 1)}${record}]}`)]),
      ]) {
        const { turns, result } = await read('suppliers', lines)
        assert.equal(result.rejections.length, 10 * RECORDS_MAX)
        assert.ok(turns >= 10, `${turns} turns`)
      }
    },
  )

  test('other requests are served during a list of 16 MiB, half of it white space', onlyOnce, async () => {
    const records = Array.from({ length: 2000 }, () => `${' '.repeat(7000)}${JSON.stringify(customerRecord())}`)
    const { turns, result } = await read('customers', membersOf([Buffer.from(`{"records":[${records.join(',')}]}`)]))
    assert.deepEqual([result.records.length, result.rejections], [2000, []])
    assert.ok(turns >= 5, `${turns} turns`)
  })
})

describe('work grows only with the size of the batch', onlyOnce, () => {
  test('5,000 categories below a category that does not exist are rejected at once', async () => {
    const chain = categoryChain(RECORDS_MAX)
    const { status, body } = await post('categories?partial=true', ndjson(chain))
    assert.deepEqual([status, body.data.created, body.rejected.length], [200, 0, RECORDS_MAX])
    assert.ok(body.rejected.every(({ message }: Json) => message === 'no such category'))
    const loop = chain.slice(0, 500).map((record, at) => (at === 0 ? { ...record, parent_id: chain[499]?.id } : record))
    const looped = await post('categories?partial=true', ndjson(loop))
    assert.ok(
      looped.body.rejected.every(
        ({ message }: Json) => message === 'must not be the category itself or a category below it',
      ),
    )
    assert.deepEqual([looped.body.data.created, looped.body.rejected.length], [0, 500])
  })

  test('a category that keeps its old parent keeps its children', async () => {
    const [root, middle, leaf, end] = [categoryRecord(), categoryRecord(), categoryRecord(), categoryRecord()]
    assert.equal((await post('categories', ndjson([root]))).status, 200)
    const { body } = await post(
      'categories?partial=true',
      ndjson([
        { ...end, parent_id: leaf.id },
        { ...leaf, parent_id: middle.id },
        { ...middle, parent_id: root.id },
        { ...root, parent_id: randomUUID(), updated_at: moment(1) },
      ]),
    )
    assert.deepEqual([body.data.created, body.data.updated], [3, 0])
    assert.deepEqual(
      body.rejected.map(({ line, message }: Json) => [line, message]),
      [[4, 'no such category']],
    )
  })

  test('a sale with fewer items than the stored one is conflicting, or drops the others if it is newer', async () => {
    const sale = longSale(place, 1000)
    assert.equal((await post('sales', ndjson([sale]))).status, 200)
    const total = '65'
    const short = {
      ...sale,
      ...{ subtotal: total, total_amount: total, payments: [{ ...sale.payments[0], amount: total }] },
      items: [sale.items[500]],
    }
    const same = await post('sales', ndjson([short]))
    assert.deepEqual([same.body.data.conflicting, same.body.conflicts], [1, [{ line: 1, id: sale.id }]])
    assert.equal((await post('sales', ndjson([sale]))).body.data.unchanged, 1)
    const newer = await post('sales', ndjson([{ ...short, updated_at: moment(1) }]))
    assert.equal(newer.body.data.updated, 1)
    const items = await server.db`select id, position from sale_items where sale_id = ${sale.id}`
    assert.deepEqual(
      items.map(({ id, position }) => [id, position]),
      [[sale.items[500].id, 1]],
    )
  })

  test('records go to the database in lists, in order and complete', async () => {
    const rows = Array.from({ length: 3000 }, (_, at) => ({ at, text: 'ก'.repeat(at) }))
    const lists: string[] = []
    for await (const list of jsonLists(rows)) lists.push(list)
    assert.ok(lists.length > 5 && lists.every(({ length }) => length < PARAMETER_MAX_LENGTH + 10_000))
    assert.deepEqual(
      lists.flatMap((list) => JSON.parse(list)),
      rows,
    )
    const none: string[] = []
    for await (const list of jsonLists([])) none.push(list)
    assert.deepEqual(none, [])
    const mixed = Array.from({ length: 10_007 }, (_, at) => ({ key: (at * 7919) % 1000, at }))
    assert.deepEqual(
      await sortInSlices(mixed, (a, b) => a.key - b.key),
      mixed.toSorted((a, b) => a.key - b.key),
    )
  })
})
