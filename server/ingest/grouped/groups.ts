import { createHash } from 'node:crypto'
import { FILE_RECORDS_MAX, INGEST_BODY_MAX_BYTES, OPEN_RECORDS_MAX } from '../../limits.ts'
import { type Cells, sizeOf } from '../read/csv.ts'
import { FileMistake } from '../read/rows.ts'

// Collects the rows of a record. They are usually together, but a spreadsheet may have sorted them. A record stays open until
// many others have begun after it. Rows that come later are a mistake, and never a second version of the record with fewer
// items. So memory holds a limited number of rows, and a few bytes for each key.

/** The rows of a record. `isLate` if they belong to a record that was closed before. */
export type RowGroup = { key: string; rows: Cells[]; bytes: number; isLate: boolean }

/**
 * Groups rows by their key. Yields lists of groups, in the order of their first rows. A row without a key is its own group.
 *
 * @throws FileMistake if the file has too many records
 */
export async function* grouped(rows: AsyncIterable<Cells>, keyOf: (row: Cells) => string): AsyncGenerator<RowGroup[]> {
  const open = new Map<string, RowGroup>()
  const closed = new Set<number>()
  let bytes = 0
  let apart = 0
  function close(count: number): RowGroup[] {
    const groups = [...open].slice(0, count)
    for (const [place, { key, bytes: own }] of groups) {
      open.delete(place)
      if (key !== '') closed.add(fingerprint(key))
      bytes -= own
    }
    if (closed.size > FILE_RECORDS_MAX)
      throw new FileMistake(`has more than ${FILE_RECORDS_MAX.toLocaleString('en')} records: split it`)
    return groups.map(([, group]) => group)
  }
  for await (const row of rows) {
    const key = keyOf(row)
    const isLate = key !== '' && !open.has(key) && closed.has(fingerprint(key))
    const isApart = key === '' || isLate
    if (isApart) apart += 1
    // No key begins like the place of a row that joins no other one.
    const place = isApart ? `\0${apart}` : key
    const group = open.get(place) ?? { key, rows: [], bytes: 0, isLate }
    open.set(place, group)
    group.rows.push(row)
    group.bytes += sizeOf(row.cells)
    bytes += sizeOf(row.cells)
    // The newer half stays open, because the next row may belong to it.
    if (open.size >= OPEN_RECORDS_MAX || bytes >= INGEST_BODY_MAX_BYTES) yield close(Math.ceil(open.size / 2))
  }
  if (open.size > 0) yield close(open.size)
}

/** Returns 53 bits of a hash: among FILE_RECORDS_MAX keys, two are equal in one of 4,000 files. */
function fingerprint(key: string): number {
  const hash = createHash('sha1').update(key).digest()
  return hash.readUIntBE(0, 6) * 32 + ((hash[6] as number) & 31)
}
