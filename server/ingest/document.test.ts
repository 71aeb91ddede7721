import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { Json } from '../../test/harness.ts'
import { RECORDS } from '../../test/records.ts'
import { recordKinds } from '../api/index.ts'
import type { RecordKind } from '../contract/record_kind.ts'
import type { Field } from '../contract/schema.ts'
import { linesOf } from './read/lines.ts'
import { fieldsOf, readBatch } from './read/reading.ts'

// openapi.ingest.json describes a record as the server accepts it: both must agree about every value.

const document = JSON.parse(readFileSync(new URL('../../openapi.ingest.json', import.meta.url), 'utf8'))
const ajv = new Ajv2020({ strict: false, allErrors: true })
formats.default(ajv)
ajv.addFormat('decimal', true)
ajv.addSchema({ $id: 'ingest', components: document.components })

const now = new Date('2026-06-15T00:00:00Z')

/** Returns for each record whether the server can parse it. Sums and references are not checked. */
async function areRead(kind: RecordKind, records: readonly Json[]): Promise<boolean[]> {
  const bytes = records.map((record) => Buffer.from(`${JSON.stringify(record)}\n`))
  const { rejections } = await readBatch({ ...kind, check: () => [] }, linesOf(bytes), now)
  const lines = new Set(rejections.map(({ line }) => line))
  return records.map((_, at) => !lines.has(at + 1))
}

function validatorOf({ path }: RecordKind): ValidateFunction {
  const { content } = document.paths[`/api/ingest/v1/${path}`].post.requestBody
  const { schema } = content['application/x-ndjson']
  return ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"ingest#/')))
}

const place = {
  ...{ branch_id: randomUUID(), warehouse_id: randomUUID(), supplier_id: randomUUID(), product_id: randomUUID() },
  ...{ customer_id: randomUUID(), sku: randomUUID() },
}

const TIMES = [
  ...[
    '2026-06-01T00:00:00Z',
    '2026-06-01T00:00:00.123456789+07:00',
    '2026-06-01T23:59:59-0330',
    '2026-06-01T00:00:00+07',
  ],
  ...[
    '2026-06-01T24:00:00Z',
    '2026-06-01T00:00:60Z',
    '2026-06-01T00:00:00',
    '2026-06-01t00:00:00z',
    '2026-06-01 00:00:00Z',
  ],
  ...['2026-06-01T00:00Z', '2026-06-01T00:00:00.1234567890Z', '2026-06-01T00:00:00.Z', '2026-06-01T00:00:00+2400'],
  ...['2026-06-01', '2026-06-01T00:00:00.000Z', '2026-06-01T00:00:00.0000000000Z', '01/06/2026', '1780272000'],
]
const DECIMALS = [
  ...[
    '0',
    '-0',
    '0.00',
    '7.850',
    '-3',
    '1.10000000000',
    '1.123',
    '1.1234567',
    '.5',
    '5.',
    '+1',
    '01',
    '1e3',
    '1,000',
    ' 1',
  ],
  ...['999999999999999.99', '1000000000000000', `0.1${'0'.repeat(61)}`, `0.1${'0'.repeat(62)}`, 'NaN', '๑'],
]
const TEXTS = [
  '',
  ' ',
  'ก'.repeat(255),
  '👩'.repeat(255),
  'ก'.repeat(256),
  'ก'.repeat(4000),
  'ก'.repeat(4001),
  'a\u0000b',
  'a\tb\n',
]
const IDS = [randomUUID(), randomUUID().toUpperCase(), randomUUID().replaceAll('-', ''), `{${randomUUID()}}`]
const ALWAYS = ['', '0', 'x', 0, -1, 1.5, 2 ** 53, true, 'true', null, [], {}]
const OF_KIND: Partial<Record<Field['kind'], string[]>> = {
  ...{ time: TIMES, date: TIMES, day: TIMES, decimal: DECIMALS, text: TEXTS, id: IDS },
}

const valuesFor = ({ kind, choices }: Field): unknown[] => [
  ...[...ALWAYS, ...(OF_KIND[kind] ?? []), ...choices],
  ...choices.map((word) => word.toLowerCase()),
]

const without = (record: Json, name: string): Json => {
  const { [name]: _, ...rest } = record
  return rest
}

for (const kind of recordKinds)
  describe(kind.path, () => {
    const isValid = validatorOf(kind)
    const whole = () => (RECORDS[kind.path] ?? assert.fail(kind.path))(place)

    /** @param cases records, each with its name */
    async function agree(cases: readonly [what: string, record: Json][]): Promise<void> {
      const read = await areRead(
        kind,
        cases.map(([, record]) => record),
      )
      for (const [at, [what, record]] of cases.entries())
        assert.equal(isValid(record), read[at], `${what}: ${JSON.stringify(isValid.errors)}`)
    }

    test('a whole record is valid, and a deletion where records have versions', async () => {
      assert.ok(isValid(whole()), JSON.stringify(isValid.errors))
      const deletion = { id: randomUUID(), deleted: true, updated_at: '2026-06-01T00:00:00+0700' }
      assert.equal(isValid(deletion), kind.how === 'versions')
      await agree([['whole', whole()], ...(kind.how === 'versions' ? [['deletion', deletion] as [string, Json]] : [])])
    })

    test('document and server agree about every value of every field', () =>
      agree(
        Object.entries(kind.resource.fields).flatMap(([name, field]) =>
          valuesFor(field).map((value): [string, Json] => [
            `${name} = ${JSON.stringify(value).slice(0, 80)}`,
            { ...whole(), [name]: value },
          ]),
        ),
      ))

    test('document and server agree about every absent field, and one that does not exist', () =>
      agree([
        ...Object.keys(whole()).map((name): [string, Json] => [`without ${name}`, without(whole(), name)]),
        ['extra', { ...whole(), extra: 1 }],
      ]))

    test('document and server agree about the objects in lists', () =>
      agree(
        Object.entries(fieldsOf(kind)).flatMap(([name, { elements }]) => {
          const first: Json = elements && whole()[name]?.[0]
          if (!elements || !first) return []
          return Object.entries(elements).flatMap(([part, field]): [string, Json][] => [
            [`without ${name}[0].${part}`, { ...whole(), [name]: [without(first, part)] }],
            ...valuesFor(field).map((value): [string, Json] => [
              `${name}[0].${part} = ${JSON.stringify(value).slice(0, 80)}`,
              { ...whole(), [name]: [{ ...first, [part]: value }] },
            ]),
          ])
        }),
      ))
  })
