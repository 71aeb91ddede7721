// Exports a customer segment as CSV: node segment-export.js --spent 1000 --since 2026-01-01 > segment.csv
// It contains active customers with at least this total spending and a visit since this day. Phone and email are filled
// if the application may read contact data (PII); protect the file like the data itself.
import process from 'node:process'
import { parseArgs } from 'node:util'
import { Talad } from '@talad/sdk'

const { values } = parseArgs({
  options: { spent: { type: 'string', default: '0' }, since: { type: 'string', default: '' } },
})
const { TALAD_BASE_URL: baseUrl, TALAD_CLIENT_ID: clientId, TALAD_CLIENT_SECRET: clientSecret } = process.env
const talad = new Talad({ baseUrl, clientId, clientSecret })

/** Exits without a stack when the reader closes the pipe, as `head` does, or when the disk is full. */
process.stdout.on('error', ({ code, message }) => {
  if (code === 'EPIPE') process.exit(0)
  console.error(`Cannot write the segment: ${message}.`)
  process.exit(1)
})

const COLUMNS = [
  'customer_code',
  'full_name',
  'tier',
  'total_spent',
  'total_visits',
  'last_visit_date',
  'phone',
  'email',
]

/** Converts a decimal string to a whole number of millionths, to compare amounts exactly. */
function millionths(amount) {
  const [whole, part = ''] = amount.split('.')
  return BigInt(whole + part.padEnd(6, '0'))
}

/** Escapes a CSV cell, so that spreadsheets do not execute it as a formula. */
function cell(value) {
  const text = /^[=+\-@\t\r]/.test(value ?? '') ? `'${value}` : String(value ?? '')
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const tiers = new Map((await talad.membershipTiers.list()).map(({ id, name }) => [id, name]))
// The byte order mark tells spreadsheets that the file is UTF-8. Some show Thai as garbage without it.
process.stdout.write(`\uFEFF${COLUMNS.join(',')}\r\n`)
let count = 0
for await (const customer of talad.customers.list({ is_active: true })) {
  if (millionths(customer.total_spent) < millionths(values.spent)) continue
  if ((customer.last_visit_date ?? '').slice(0, 10) < values.since) continue
  const row = {
    ...customer,
    tier: tiers.get(customer.membership_tier_id),
    last_visit_date: customer.last_visit_date?.slice(0, 10),
  }
  process.stdout.write(`${COLUMNS.map((name) => cell(row[name])).join(',')}\r\n`)
  count += 1
}
console.error(`${count} customers`)
