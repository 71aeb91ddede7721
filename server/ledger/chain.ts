import { createHash, hash as hashOf } from 'node:crypto'
import type { Disclosure } from '../contract/disclosure.ts'

// The recipe of the chain, public: docs/personal-data.md describes it, so that others can verify a ledger without this code.

/** An entry as it is stored. Times are in ISO 8601 with milliseconds and Z, ids in lower case. */
export type Entry = Disclosure & { businessId: string; sequence: number; at: string }

/** The hash before the first entry of a business. It names the business, so no two ledgers begin alike. */
export const originOf = (businessId: string): string =>
  createHash('sha256').update(`talad-ledger-1 ${businessId}`).digest('hex')

/**
 * Returns the hash of an entry: SHA-256 over a JSON array without white space (JSON.stringify of ECMA-262), which begins with
 * the hash of the entry before. Hexadecimal.
 */
export const hashOfEntry = (previous: string, entry: Entry): string => hashOf('sha256', canonicalText(previous, entry))

const canonicalText = (previous: string, entry: Entry): string =>
  JSON.stringify([
    previous,
    entry.businessId,
    entry.sequence,
    entry.at,
    entry.channel,
    entry.requestId,
    entry.operation,
    entry.applicationId,
    entry.tokenId,
    entry.memberId,
    entry.address,
    entry.class,
    entry.purpose,
    entry.customerIds.join(),
  ])
