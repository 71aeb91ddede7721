import { createServer } from 'node:http'
import { Pool, types } from 'pg'
import { Customer } from '../server/api/customers/schema.ts'

// The baseline of all benchmarks: what a good Node.js developer would write first, with node:http, pg, objects and
// JSON.stringify. It has no authentication, validation, limits or log, so it does less than the server. It reads the same
// table by the same index and returns the same bytes.

const COLUMNS = Object.keys(Customer.fields).join(', ')

// Integers as numbers; dates as text, which is cheaper than a Date and needs no time zone.
types.setTypeParser(types.builtins.INT8, Number)
types.setTypeParser(types.builtins.DATE, (text) => `${text}T00:00:00.000Z`)
types.setTypeParser(types.builtins.NUMERIC, canonical)

function canonical(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

const pool = new Pool({
  connectionString: process.env.DATABASE_URL as string,
  max: Number(process.env.REFERENCE_CONNECTIONS ?? 10),
})

async function list(businessId: string, limit: number, cursor: string | null): Promise<string> {
  const [createdAt, id] = cursor
    ? (JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [string, string])
    : [null, null]
  const { rows } = await pool.query(
    createdAt
      ? {
          name: 'next',
          text: `select ${COLUMNS} from customers where business_id = $1 and (created_at, id) < ($3::timestamptz, $4::uuid) order by created_at desc, id desc limit $2`,
          values: [businessId, limit + 1, createdAt, id],
        }
      : {
          name: 'first',
          text: `select ${COLUMNS} from customers where business_id = $1 order by created_at desc, id desc limit $2`,
          values: [businessId, limit + 1],
        },
  )
  const data = rows.slice(0, limit)
  const last = data.at(-1)
  const next_cursor =
    rows.length > limit ? Buffer.from(JSON.stringify([last.created_at, last.id])).toString('base64url') : null
  return JSON.stringify({ data, pagination: { next_cursor, has_more: next_cursor !== null, limit } })
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://reference')
  try {
    const text = await list(
      url.searchParams.get('business') ?? '',
      Number(url.searchParams.get('limit') ?? 50),
      url.searchParams.get('cursor'),
    )
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
    })
    response.end(text)
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
})

server.listen(Number(process.env.PORT), '127.0.0.1', () => process.stdout.write('ready\n'))
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
  pool.end()
})
