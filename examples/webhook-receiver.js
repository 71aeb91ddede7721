// Receives Talad webhooks, without dependencies: WEBHOOK_SECRET=whsec_… PORT=8080 node webhook-receiver.js
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import process from 'node:process'

const keys = (process.env.WEBHOOK_SECRET ?? '')
  .split(' ')
  .map((secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
if (keys.some(({ length }) => length < 24)) throw new Error('WEBHOOK_SECRET must be whsec_ followed by Base64')

// A failing log must not make the receiver reject events.
process.stdout.on('error', () => {})

const TOLERANCE_S = 300
const MAX_BODY_BYTES = 1024 * 1024

/** Verifies signature and age as Standard Webhooks 1.0.0 requires. */
function isSigned({ 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signatures = '' }, body) {
  if (!id || !/^\d+$/.test(time ?? '') || Math.abs(Date.now() / 1000 - Number(time)) > TOLERANCE_S) return false
  const expected = keys.map((key) => createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest())
  const given = signatures.split(' ').filter((signature) => signature.startsWith('v1,'))
  return given.some((signature) => {
    const bytes = Buffer.from(signature.slice(3), 'base64')
    return expected.some((hmac) => bytes.length === hmac.length && timingSafeEqual(bytes, hmac))
  })
}

/** IDs of processed events. Delivery is at least once, and the ID is the same on every attempt. */
const seen = new Set()

function handle(event) {
  if (seen.has(event.id)) return
  seen.add(event.id)
  if (seen.size > 10_000) seen.delete(seen.values().next().value)
  console.log(`${event.type} ${event.data?.id ?? ''}`)
}

const server = createServer(async (request, response) => {
  const chunks = []
  let length = 0
  for await (const chunk of request) {
    length += chunk.length
    if (length > MAX_BODY_BYTES) return response.writeHead(413).end()
    chunks.push(chunk)
  }
  const body = Buffer.concat(chunks)
  if (request.method !== 'POST') return response.writeHead(405).end()
  if (!isSigned(request.headers, body)) return response.writeHead(400).end('invalid signature')
  handle(JSON.parse(body.toString('utf8')))
  response.writeHead(204).end()
})
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => console.log(`listening on ${server.address().port}`))
