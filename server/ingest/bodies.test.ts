import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { type Json, sendRaw, testServer } from '../../test/harness.ts'
import { moment, openTill, supplierRecord } from '../../test/records.ts'
import { INGEST_BODY_MAX_BYTES, RECORDS_MAX } from '../limits.ts'

// Formats and size limits of batches.

const server = await testServer()
const { db } = server

const { business, token } = await openTill(server)

const SUPPLIERS = '/api/ingest/v1/suppliers'
const NDJSON = 'application/x-ndjson'
const JSON_TYPE = 'application/json'

const post = (body: string | Buffer<ArrayBuffer>, type = NDJSON, headers: Record<string, string> = {}) =>
  server.call(SUPPLIERS, { token, headers: { 'content-type': type, ...headers }, body })

const countOf = async () =>
  Number((await db`select count(*) from suppliers where business_id = ${business.id}`)[0]?.count)

const lines = (records: Json[]) => records.map((record) => JSON.stringify(record)).join('\n')

describe('rejected bodies', () => {
  test('a batch with another or no Content-Type is rejected', async () => {
    const message = 'The request body must be application/x-ndjson or application/json'
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonl', 'application', '']) {
      const { status, body } = await post(lines([supplierRecord()]), type)
      assert.deepEqual([status, body.error, body.message], [415, 'unsupported_media_type', message], type)
    }
    const headers = ['Authorization', `Bearer ${token}`]
    const { status, body } = await sendRaw(server, SUPPLIERS, { method: 'POST', headers })
    assert.deepEqual([status, body.message], [415, message])
    // Other operations still reject the types of batches.
    const form = await server.call('/api/partner/v1/oauth/token', {
      headers: { 'content-type': JSON_TYPE },
      body: '{}',
    })
    assert.deepEqual(
      [form.status, form.body.message],
      [415, 'The request body must be application/x-www-form-urlencoded'],
    )
  })

  test('an unsupported encoding, invalid gzip and truncated gzip are rejected', async () => {
    const compressed = gzipSync(lines([supplierRecord()])) as Buffer<ArrayBuffer>
    for (const encoding of ['br', 'deflate', 'zstd', 'gzip, gzip', 'x'])
      assert.equal((await post(compressed, NDJSON, { 'content-encoding': encoding })).status, 415, encoding)
    const cut = compressed.subarray(0, -5) as Buffer<ArrayBuffer>
    const spoilt = Buffer.from(compressed)
    spoilt[20] = (spoilt[20] as number) ^ 0xff
    const count = await countOf()
    for (const body of [cut, spoilt, Buffer.from(lines([supplierRecord()])), Buffer.from('')]) {
      const { status, body: response } = await post(body as Buffer<ArrayBuffer>, NDJSON, { 'content-encoding': 'gzip' })
      assert.deepEqual([status, response.message], [400, 'The request body is not valid gzip'])
    }
    assert.equal(await countOf(), count)
  })

  test('a small body that decompresses to a gigabyte costs no more than a body at the limit', async () => {
    const piece = Buffer.alloc(1 << 20, ' ')
    // A gzip file may have several members; a thousand of a kilobyte each are one gigabyte.
    const member = gzipSync(piece)
    const bomb = Buffer.concat(Array.from({ length: 1024 }, () => member)) as Buffer<ArrayBuffer>
    const before = process.memoryUsage().arrayBuffers
    const { status, body } = await post(bomb, NDJSON, { 'content-encoding': 'gzip' })
    assert.deepEqual(
      [status, body.error, body.message],
      [413, 'payload_too_large', `The request body must be at most ${INGEST_BODY_MAX_BYTES} bytes after decompression`],
    )
    assert.ok(process.memoryUsage().arrayBuffers - before < 8 * INGEST_BODY_MAX_BYTES)
  })

  test('a body over the limit is rejected, with and without Content-Length', async () => {
    const blank = `${' '.repeat((1 << 16) - 1)}\n`
    const whole = blank.repeat(INGEST_BODY_MAX_BYTES / (1 << 16))
    assert.equal((await post(whole)).status, 200, 'exactly at the limit')
    const headers = ['Authorization', `Bearer ${token}`, 'Content-Type', NDJSON]
    const response = await sendRaw(server, SUPPLIERS, {
      method: 'POST',
      headers: [...headers, 'Content-Length', String(INGEST_BODY_MAX_BYTES + 1)],
      body: ' ',
    })
    assert.equal(response.status, 413)
    const untold = [...headers, 'Transfer-Encoding', 'chunked']
    const pieces = [...Array.from({ length: INGEST_BODY_MAX_BYTES / (1 << 16) }, () => blank), ' ']
    assert.equal((await sendRaw(server, SUPPLIERS, { method: 'POST', headers: untold, body: pieces })).status, 413)
    // The same limit applies to the compressed body.
    const compressed = gzipSync(`${whole} `) as Buffer<ArrayBuffer>
    assert.equal((await post(compressed, NDJSON, { 'content-encoding': 'gzip' })).status, 413)
  })

  test(`a batch of more than ${RECORDS_MAX} records is rejected`, async () => {
    const record = supplierRecord()
    const count = await countOf()
    for (const [body, type] of [
      [`${JSON.stringify(record)}\n`.repeat(RECORDS_MAX + 1), NDJSON],
      [JSON.stringify({ records: Array(RECORDS_MAX + 1).fill(record) }), JSON_TYPE],
    ] as const)
      for (const query of ['', '?partial=true']) {
        const { status, body: response } = await server.call(`${SUPPLIERS}${query}`, {
          token,
          headers: { 'content-type': type },
          body,
        })
        assert.deepEqual(
          [status, response.error, response.message],
          [413, 'payload_too_large', 'A batch can have at most 5000 records'],
        )
      }
    assert.equal(await countOf(), count)
  })

  test('a JSON body that is not a list of records is rejected', async () => {
    const record = JSON.stringify(supplierRecord())
    const form = 'must be JSON of the form {"records": […]}'
    for (const [body, message] of [
      ['', `${form}: it ends too early`],
      ['[]', `${form}: it must have { at character 1`],
      ['{}', `${form}: it must have a string at character 2`],
      ['{"record":[]}', form],
      ['{"records":{}}', `${form}: it must have [ at character 12`],
      ['{"records":[],"partial":true}', `${form}: it must have } at character 14`],
      ['{"records":[]}{}', `${form}: it must end at character 15`],
      [`{"records":[${record}`, `${form}: it ends too early`],
      [`{"records":[${record},]}`, /it is not JSON at character \d+$/],
      ['{"records":[{"id":1,"id":2}]}', /has the key "id" twice/],
    ] as const) {
      const { status, body: response } = await post(body, JSON_TYPE)
      assert.equal(status, 400, body)
      const [{ message: said, ...where }] = response.details
      assert.deepEqual([response.details.length, where], [1, { line: null, id: null, field: null }])
      if (message instanceof RegExp) assert.match(said, message)
      else assert.equal(said, message)
    }
    const broken = Buffer.concat([
      Buffer.from('{"records":["'),
      Buffer.from([0xff]),
      Buffer.from('"]}'),
    ]) as Buffer<ArrayBuffer>
    assert.equal((await post(broken, JSON_TYPE)).body.details[0].message, 'must be valid UTF-8')
  })

  test('with partial=true, lines that are not JSON, UTF-8 or objects are rejected and the others stored', async () => {
    const record = () => Buffer.from(`${JSON.stringify(supplierRecord())}\n`)
    const body = Buffer.concat([
      ...[record(), Buffer.from('{"id":\n'), Buffer.from('\n'), Buffer.from([0x22, 0xe0, 0xb8, 0x22, 0x0a])],
      ...[
        Buffer.from('[]\n'),
        Buffer.from('null\n'),
        Buffer.from('{"id":"x","id":"y"}\r\n'),
        record(),
        Buffer.from('"\\ud800"\n'),
      ],
      Buffer.from(JSON.stringify(supplierRecord())),
    ]) as Buffer<ArrayBuffer>
    const wrong = [
      [2, 'is not valid JSON: it ends too early'],
      [4, 'is not valid UTF-8'],
      [5, 'must be an object'],
      [6, 'must be an object'],
      [7, 'is not valid JSON: it has the key "id" twice in one object, for the second time at character 15'],
      [9, 'is not valid JSON: it has half of a surrogate pair in the string before character 9'],
    ]
    const count = await countOf()
    const { status, body: response } = await post(body)
    assert.equal(status, 400)
    assert.deepEqual(
      response.details.map(({ line, message }: Json) => [line, message]),
      wrong,
    )
    assert.equal(await countOf(), count)
    const partial = await server.call(`${SUPPLIERS}?partial=true`, { token, headers: { 'content-type': NDJSON }, body })
    assert.deepEqual([partial.body.data.received, partial.body.data.created], [9, 3])
    assert.deepEqual(
      partial.body.rejected.map(({ line, message }: Json) => [line, message]),
      wrong,
    )
  })

  test('one invalid line among 5,000 rejects the batch, or only itself with partial=true', async () => {
    const records = Array.from({ length: RECORDS_MAX }, () => supplierRecord())
    const wrong = records.map((record, at) => (at === 3210 ? { ...record, status: 'GONE' } : record))
    const mistake = { line: 3211, id: records[3210].id, field: 'status', message: 'must be one of ACTIVE, INACTIVE' }
    const count = await countOf()
    const whole = await post(lines(wrong))
    assert.equal(whole.status, 400)
    assert.equal(await countOf(), count)
    const partial = await server.call(`${SUPPLIERS}?partial=true`, {
      token,
      headers: { 'content-type': NDJSON },
      body: lines(wrong),
    })
    assert.equal(partial.body.data.created, RECORDS_MAX - 1)
    for (const [response] of [whole.body.details, partial.body.rejected]) {
      assert.match(response.message, new RegExp(`^${mistake.message}`))
      assert.deepEqual({ ...response, message: '' }, { ...mistake, message: '' })
    }
    assert.equal(await countOf(), count + RECORDS_MAX - 1)
  })

  test('a batch whose connection breaks in the middle of the body stores nothing', async () => {
    const count = await countOf()
    const body = lines(Array.from({ length: 50 }, () => supplierRecord()))
    for (const compressed of [false, true]) {
      const bytes = compressed ? gzipSync(body) : Buffer.from(body)
      const head = `POST ${SUPPLIERS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: ${NDJSON}\r\n${compressed ? 'Content-Encoding: gzip\r\n' : ''}Content-Length: ${bytes.length}\r\n\r\n`
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
      await once(socket, 'connect')
      socket.write(head)
      socket.write(bytes.subarray(0, bytes.length - 10))
      await sleep(50)
      const response = server.requests.length
      socket.destroy()
      while (server.requests.length === response) await sleep(5)
      const { status, operation, path } = server.requests.at(-1) ?? {}
      assert.deepEqual([status, operation, path], [null, 'ingest.suppliers', SUPPLIERS])
    }
    assert.equal(await countOf(), count)
    assert.equal((await post(body)).body.data.created, 50)
  })

  test('the parameters of a batch are given once, as true or false', async () => {
    for (const [query, field] of [
      ['partial=1', 'partial'],
      ['partial=', 'partial'],
      ['dry_run=yes', 'dry_run'],
      ['events=no', 'events'],
      ['dry_run=false&dry_run=true', 'dry_run'],
      ['partial=true&partial=true', 'partial'],
      ['parts=true', 'parts'],
      ['limit=5', 'limit'],
    ]) {
      const { status, body } = await server.call(`${SUPPLIERS}?${query}`, {
        token,
        headers: { 'content-type': NDJSON },
        body: lines([supplierRecord()]),
      })
      assert.deepEqual([status, body.message, body.details[0].field], [400, 'Query parameter validation failed', field])
    }
    assert.equal((await server.call(SUPPLIERS, { token, method: 'DELETE' })).status, 405)
    assert.equal((await server.call('/api/ingest/v1/stores', { token, method: 'POST', body: '' })).status, 404)
  })
})

describe('accepted bodies', () => {
  test('a batch can contain blank lines, a byte order mark, white space, gzip and an unterminated last line', async () => {
    const [a, b] = [
      JSON.stringify(supplierRecord()),
      JSON.stringify(supplierRecord(), null, '\t').replaceAll('\n', '\r'),
    ]
    const created = async (body: string | Buffer<ArrayBuffer>, type: string, headers = {}) => {
      const { status, body: response, text } = await post(body, type, headers)
      assert.equal(status, 200, text)
      return [response.data.received, response.data.created + response.data.unchanged]
    }
    for (const body of [`${a}\n${b}`, `${a}\n${b}\n`, `\uFEFF${a}\r\n\r\n \t\n${b}\r\n\n`]) {
      assert.deepEqual(await created(body, NDJSON), [2, 2])
      assert.deepEqual(await created(body, 'application/x-ndjson; charset=utf-8'), [2, 2])
      assert.deepEqual(
        await created(gzipSync(body) as Buffer<ArrayBuffer>, 'Application/X-NDJSON', { 'content-encoding': 'GZIP' }),
        [2, 2],
      )
    }
    assert.deepEqual(await created(`\uFEFF { "records" : [ ${a} , ${b} ] } `, JSON_TYPE), [2, 2])
    assert.deepEqual(
      await created(gzipSync(`{"records":[${a}]}`) as Buffer<ArrayBuffer>, JSON_TYPE, { 'content-encoding': 'gzip' }),
      [1, 1],
    )
    for (const [body, type] of [
      ['', NDJSON],
      ['\n\n', NDJSON],
      ['{"records":[]}', JSON_TYPE],
    ] as const)
      assert.deepEqual(await created(body, type), [0, 0])
  })

  test('ids, times, dates and decimals in other spellings are stored in canonical form', async () => {
    const record = supplierRecord()
    const spoken = {
      ...record,
      id: record.id.toUpperCase(),
      updated_at: '2026-06-01T07:00:00+07:00',
      created_at: '2026-05-01T00:00:00.5Z',
    }
    assert.equal(spoken.updated_at.length > 0 && record.updated_at, moment())
    assert.equal((await post(lines([spoken]))).body.data.created, 1)
    assert.equal((await post(lines([record]))).body.data.unchanged, 1)
    const [row] =
      await db`select iso_time(updated_at) as updated_at, iso_time(created_at) as created_at from suppliers where id = ${record.id}`
    assert.deepEqual({ ...row }, { updated_at: moment(), created_at: '2026-05-01T00:00:00.500Z' })
  })
})
