// A segment of customers for a campaign, as CSV: node segment-export.js --spent 1000 --since 2026-01-01 > segment.csv
// Active customers who have spent at least so much and came since that day, with the names of their tiers. Phone and
// e-mail are in it if the application may read contact data (PII); keep such a file as you keep the data itself.
import process from 'node:process'
import { parseArgs } from 'node:util'
import { Talad } from '@talad/sdk'

const { values } = parseArgs({
  options: { spent: { type: 'string', default: '0' }, since: { type: 'string', default: '' } },
})
const { TALAD_BASE_URL: baseUrl, TALAD_CLIENT_ID: clientId, TALAD_CLIENT_SECRET: clientSecret } = process.env
const talad = new Talad({ baseUrl, clientId, clientSecret })

/** Ends without a stack when the output goes nowhere: a reader that has enough, as `head` has, or a full disk. */
process.stdout.on('error', ({ code, message }) => {
  if (code === 'EPIPE') process.exit(0)
  console.error(`The segment cannot be written: ${message}.`)
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

/** An amount as a whole number of millionths: amounts are exact, and are compared exactly. */
function millionths(amount) {
  const [whole, part = ''] = amount.split('.')
  return BigInt(whole + part.padEnd(6, '0'))
}

/** A cell that spreadsheets show and do not execute. */
function cell(value) {
  const text = /^[=+\-@\t\r]/.test(value ?? '') ? `'${value}` : String(value ?? '')
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const tiers = new Map((await talad.membershipTiers.list()).map(({ id, name }) => [id, name]))
// The mark at the start tells spreadsheets that this is UTF-8; without it, Thai is garbage in some of them.
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
