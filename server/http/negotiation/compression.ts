import { promisify } from 'node:util'
import { constants, gzip, zstdCompress } from 'node:zlib'
import type { ContentCoding } from '../../config.ts'
import { COMPRESSION_WAIT_MS, COMPRESSIONS_AT_ONCE, WAITING_OF_ONE_MAX } from '../../limits.ts'
import { createAdmission } from '../admission.ts'

/**
 * Compresses a body for a sender. Null if its turn did not come in time: the response is then sent without compression.
 *
 * The thread pool of Node.js does the work, which also hashes, signs, reads files and decompresses bodies. A compression uses
 * it in steps of one output buffer, and only some of its threads. Senders share these as they share slots.
 */
export type Compress = (sender: string, coding: ContentCoding, parts: readonly Buffer[]) => Promise<Buffer | null>

/** @param isAlone whether no other sender is active on the server */
export function createCompress(isAlone: (sender: string) => boolean): Compress {
  const turns = createAdmission(
    {
      ...{ atOnce: COMPRESSIONS_AT_ONCE, alone: COMPRESSIONS_AT_ONCE, withOthers: COMPRESSIONS_AT_ONCE - 1 },
      ...{ divided: COMPRESSIONS_AT_ONCE, least: 1, waiting: WAITING_OF_ONE_MAX, waitMs: COMPRESSION_WAIT_MS },
      ...{ activeMs: 1000, pauseMaxMs: 0 },
    },
    isAlone,
  )
  return async (sender, coding, parts) => {
    const entered = turns.enter(sender)
    const leave = entered instanceof Promise ? await entered : entered
    if (!leave) return null
    try {
      return await CODERS[coding](Buffer.concat(parts))
    } finally {
      leave()
    }
  }
}

const zipped = promisify(gzip)
const zstandard = promisify(zstdCompress)

// The fastest levels. docs/decisions/0022 has the measurements.
const CODERS: Record<ContentCoding, (body: Buffer) => Promise<Buffer>> = {
  gzip: (body) => zipped(body, { level: 1 }),
  zstd: (body) => zstandard(body, { pledgedSrcSize: body.length, params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
}
