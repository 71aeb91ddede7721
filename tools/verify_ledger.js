// Verifies an exported ledger without the server, its database and its code, on any Node.js:
//
//     node verify_ledger.js ledger.ndjson receipts.txt
//
// ledger.ndjson is the output of `talad ledger export`. receipts.txt has the receipts that a partner kept (the header
// Ledger-Receipt), one per line. The first thing that does not fit is printed, with exit code 1.

import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const sha256 = (text) => createHash('sha256').update(text).digest('hex')

function stop(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

const [ledger, receiptFile] = process.argv.slice(2)
if (!ledger) stop('Specify the exported ledger, and optionally a file with receipts.')

const receipts = new Map()
for (const line of receiptFile ? readFileSync(receiptFile, 'utf8').split('\n') : []) {
  if (line.trim() === '') continue
  const [, sequence, hash] = /^(\d+);sha256=([0-9a-f]{64})$/.exec(line.trim()) ?? []
  if (!hash) stop(`${line.trim().slice(0, 100)} is not a receipt.`)
  receipts.set(Number(sequence), hash)
}

let [count, first, last, previous] = [0, 0, 0, '']
const lost = []
for await (const line of createInterface({ input: createReadStream(ledger) })) {
  const entry = JSON.parse(line)
  const { businessId, sequence, at, channel, requestId, operation, applicationId, tokenId, memberId } = entry
  if (count === 0) {
    first = sequence
    // Entries before the first one were deleted after two years; otherwise it begins the ledger of its business.
    const isFirst = sequence === 1 || entry.lastSequence === 0
    previous = isFirst ? sha256(`talad-ledger-1 ${businessId}`) : entry.previousHash
  } else if ((entry.lastSequence ?? sequence - 1) !== last) stop(`Entry ${last + 1} is missing.`)
  if (entry.previousHash !== previous) stop(`Entry ${sequence} does not continue the one before.`)
  // A restore from a backup: what was written after the backup is lost, and the numbers continue above.
  if (entry.lastSequence !== undefined) {
    const { lastSequence, backupAt } = entry
    previous = sha256(JSON.stringify([previous, businessId, sequence, at, 'restore', lastSequence, backupAt]))
    if (entry.hash !== previous) stop(`The restore ${sequence} was altered: it does not have its hash.`)
    lost.push({ from: lastSequence + 1, to: sequence - 1, at })
    last = sequence
    count += 1
    continue
  }
  const members = [previous, businessId, sequence, at, channel, requestId, operation, applicationId, tokenId, memberId]
  const text = JSON.stringify([...members, entry.address, entry.class, entry.purpose, entry.customerIds.join(',')])
  previous = sha256(text)
  if (entry.hash !== previous) stop(`Entry ${sequence} was altered: it does not have its hash.`)
  const receipt = receipts.get(sequence)
  if (receipt !== undefined && receipt !== previous)
    stop(`Receipt ${sequence} does not fit: the history was rewritten.`)
  last = sequence
  count += 1
}
let compared = 0
for (const sequence of receipts.keys()) {
  const span = lost.find(({ from, to }) => from <= sequence && sequence <= to)
  if (span) {
    process.stderr.write(`Receipt ${sequence} was lost by the restore of ${span.at}.\n`)
    continue
  }
  if (sequence > last) stop(`Receipt ${sequence} does not fit: the ledger ends at entry ${last}.`)
  if (sequence >= first) compared += 1
}
if (first > 1)
  process.stderr.write(`Entries before ${first} are not in the file: they are older than two years, or were removed.\n`)
process.stdout.write(
  `${count} entries (${first} to ${last}) fit together, and with ${compared} of ${receipts.size} receipts.\n`,
)
