import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import { extract, type Pack, pack } from 'tar-stream'
import { isSystemError, REASONS } from '../db/circumstances.ts'
import { StartError } from '../db/start_error.ts'

// The file of a backup: a tar archive, so that ordinary programs can open it without Talad. docs/operations.md describes it.
//
//     talad-backup.json                what the backup is of
//     keys.json                        the secret key, encrypted; only with --with-keys
//     tables/customers/000001.zst      text of COPY, compressed in parts of some megabytes; together they are the table
//     end.json                         rows and digest of each table, and the SHA-256 of everything before
//
// A file without its end is not complete. It gets its name when it is on the disk; until then it is called FILE.part.

const FIRST = 'talad-backup.json'
const KEYS = 'keys.json'
const END = 'end.json'

/** Version of the format. A reader refuses a higher one. */
export const ARCHIVE_FORMAT = 1

/** What a backup is of. */
export type Manifest = {
  format: number
  /** Version of Talad. */
  version: string
  /** Until when the backup knows everything. ISO 8601. */
  backup_at: string
  postgres: string
  migrations: { name: string; checksum: string }[]
  tables: { name: string; columns: string[] }[]
  /** Months of the ledger and days of the request log, such as ledger_2026_11 and request_log_2026_11_30. */
  partitions: string[]
  /** Recognizes the secret key without showing it; null if it was not known. */
  key_check: string | null
  has_keys: boolean
}

/** The content of a table: its number of rows, and a digest of them that does not depend on their order. */
export type TableDigest = { rows: number; digest: string }

export type ArchiveEnd = { tables: Record<string, TableDigest>; sha256: string }

/** Each part has a checksum of its own. */
const CHECKED = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }

const [compress, decompress] = [promisify(zstdCompress), promisify(zstdDecompress)]

export type ArchiveWriter = {
  /** Appends a part of a table. */
  part(table: string, number: number, text: Buffer): Promise<void>
  /** Completes the file. @returns its bytes */
  end(tables: Record<string, TableDigest>): Promise<number>
  /** Stops, and deletes what was written. */
  abandon(): Promise<void>
}

/**
 * Begins a file that appears under its name when it is complete.
 *
 * @throws StartError if the file exists or cannot be written
 */
export async function writeArchive(file: string, manifest: Manifest, keys: object | null): Promise<ArchiveWriter> {
  const partial = `${file}.part`
  await refuseExisting(file)
  const sink = (await open(partial, 'w', 0o600).catch((error) => explainWriting(file, error))).createWriteStream()
  const tar: Pack = pack()
  const digest = createHash('sha256')
  const failed = pipeline(tar, sink)
  // Reported by the next entry.
  failed.catch(() => {})
  const orFailed = async (work: Promise<unknown>): Promise<void> => {
    try {
      await Promise.race([work, failed])
    } catch (error) {
      // The archive only says that it was destroyed; the file says why.
      const cause = await Promise.race([failed.then(() => error).catch((reason) => reason), sleep(1000, error)])
      explainWriting(file, cause)
    }
  }
  const add = async (name: string, bytes: Buffer): Promise<void> => {
    if (name !== END) digest.update(`${name}\n`).update(bytes)
    await orFailed(
      new Promise<void>((resolve, reject) => {
        tar.entry({ name, size: bytes.length, mode: 0o600 }, bytes, (error) => (error ? reject(error) : resolve()))
      }),
    )
    // The callback of an entry comes before the bytes are written: wait while the disk is behind.
    while (sink.writableNeedDrain && !sink.destroyed)
      await orFailed(new Promise((resolve) => sink.once('drain', resolve)))
  }
  const json = (value: object) => Buffer.from(`${JSON.stringify(value, null, 2)}\n`)
  await add(FIRST, json(manifest))
  if (keys) await add(KEYS, json(keys))
  return {
    part: async (table, number, text) =>
      add(`tables/${table}/${String(number).padStart(6, '0')}.zst`, await compress(text, CHECKED)),
    async end(tables) {
      await add(END, json({ tables, sha256: digest.digest('hex') } satisfies ArchiveEnd))
      tar.finalize()
      await orFailed(failed)
      await onDisk(partial)
      await rename(partial, file)
      await onDisk(dirname(file))
      return sink.bytesWritten
    },
    async abandon() {
      tar.destroy()
      await failed.catch(() => {})
      await rm(partial, { force: true })
    },
  }
}

async function refuseExisting(file: string): Promise<void> {
  const handle = await open(file).catch(() => null)
  if (!handle) return
  await handle.close()
  throw new StartError(`${file} exists already: choose another name, or delete it first.`)
}

async function onDisk(path: string): Promise<void> {
  const handle = await open(path)
  await handle.sync().finally(() => handle.close())
}

function explainWriting(file: string, error: unknown): never {
  if (!isSystemError(error)) throw error
  throw new StartError(
    `The backup ${file} cannot be written: ${REASONS[error.code] ?? error.message}. Nothing of it was kept.`,
  )
}

/** Receives the content of an archive in its order. */
export type ArchiveReader = {
  begin(manifest: Manifest, keys: object | null): Promise<void>
  part(table: string, text: Buffer): Promise<void>
}

/**
 * Reads an archive to its end.
 *
 * @returns what the table of contents at its end says
 * @throws StartError if it is no backup, was cut off, or is damaged. Only in the last case was anything received, which may be wrong
 */
export async function readArchive(file: string, to: ArchiveReader): Promise<ArchiveEnd> {
  const digest = createHash('sha256')
  let manifest: Manifest | null = null
  let begun: Promise<void> | null = null
  let end: ArchiveEnd | null = null
  let actual = ''
  const tar = extract()
  const source = createReadStream(file)
  const read = pipeline(source, tar)
  read.catch(() => {})
  const begin = (keys: object | null) => (begun ??= to.begin(manifest as Manifest, keys))
  try {
    for await (const entry of tar) {
      const { name } = entry.header
      const bytes = Buffer.concat(await Array.fromAsync(entry as AsyncIterable<Buffer>))
      if (end) throw damaged(file, `${name} follows its end`)
      if (name === END) {
        actual = digest.digest('hex')
        end = parsed<ArchiveEnd>(file, name, bytes)
        continue
      }
      digest.update(`${name}\n`).update(bytes)
      if (manifest === null) {
        manifest = manifestFrom(file, name, bytes)
        if (!(await hasEnd(file))) throw notComplete(file, manifest, null)
      } else if (name === KEYS) await begin(parsed<object>(file, name, bytes))
      else {
        await begin(null)
        await to.part(tableOf(file, name), await decompress(bytes).catch(() => damaged(file, `${name} cannot be read`)))
      }
    }
    await read
  } catch (error) {
    throw isOfTar(error) ? notComplete(file, manifest, error as Error) : error
  }
  if (!end) throw notComplete(file, manifest, null)
  await begin(null)
  if (end.sha256 !== actual) throw damaged(file, 'its checksum is wrong')
  return end
}

const BLOCK = 512
/** Larger than the list of all tables. */
const TAIL_BLOCKS = 2048

/** Returns whether the last entry of an archive is its end. A file that was cut off is refused by this before anything changes. */
async function hasEnd(file: string): Promise<boolean> {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    const tail = Buffer.alloc(Math.min(size, TAIL_BLOCKS * BLOCK))
    await handle.read(tail, 0, tail.length, size - tail.length)
    if (size % BLOCK !== 0) return false
    // The header of an entry begins with its name.
    const header = tail.lastIndexOf(`${END}\0`)
    return header >= 0 && header % BLOCK === 0
  } finally {
    await handle.close()
  }
}

/** Errors of tar-stream have no code. */
const isOfTar = (error: unknown): boolean =>
  error instanceof Error && !(error instanceof StartError) && /tar|unexpected end|premature close/i.test(error.message)

function notComplete(file: string, manifest: Manifest | null, error: Error | null): StartError {
  if (manifest === null) return new StartError(`${file} is not a backup of Talad.`)
  if (error && /invalid tar/i.test(error.message)) return damaged(file, 'a header is wrong')
  return new StartError(`${file} is not complete: its end is missing. Use another backup.`)
}

function damaged(file: string, how: string): never {
  throw new StartError(`${file} is damaged: ${how}. Use another backup.`)
}

function manifestFrom(file: string, name: string, bytes: Buffer): Manifest {
  if (name !== FIRST) throw new StartError(`${file} is not a backup of Talad.`)
  const manifest = parsed<Manifest>(file, name, bytes)
  if (manifest.format > ARCHIVE_FORMAT)
    throw new StartError(
      `${file} was made by a newer version of Talad (${manifest.version}): restore it with that version.`,
    )
  return manifest
}

function parsed<T>(file: string, name: string, bytes: Buffer): T {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return damaged(file, `${name} cannot be read`)
  }
}

function tableOf(file: string, name: string): string {
  const [, table] = /^tables\/([a-z0-9_]+)\/\d+\.zst$/.exec(name) ?? []
  return table ?? damaged(file, `${name} is unknown`)
}
