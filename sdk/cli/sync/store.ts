import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { CommandFailure } from '../exit.ts'
import type { CopiedFile } from './files.ts'

// A copy on disk.
//
//   customers.ndjson …       the files for readers, complete at every moment: a new version is written next to the old
//                            one and renamed over it
//   .talad/changes.ndjson    journal of changes that are not in those files yet
//   .talad/state.json        position and progress
//   .talad/<name>.part       a file that is being walked
//   .talad/lock              the process that works in this folder
//
// Data is flushed to disk before the state that refers to it. If the process dies at any point, the journal is complete
// up to the stored position. It may contain later changes; the next process fetches and applies them again, which is
// idempotent. A truncated last line belongs to data that no state refers to.

export type CopyRow = Readonly<Record<string, unknown>>

/** The current rows of one key; empty if it was deleted. */
export type Change = { file: string; key: string; rows: readonly CopyRow[] }

export type CopyStore<State> = {
  state: State
  /** Writes the state to disk. */
  save(state: State): void
  /** Appends changes, then writes the state. */
  put(changes: readonly Change[], state: State): void
  /** Number of keys that changed since the files were last written. */
  pending(): number
  /** Writes the changed files and truncates the journal. */
  compact(): void
  /** Returns whether a file has exactly these rows in this order. */
  has(file: CopiedFile, rows: readonly CopyRow[]): boolean
  /** Replaces the content of a file. */
  replace(file: CopiedFile, rows: readonly CopyRow[]): void
  /** Deletes a file whose data the application may no longer read. */
  remove(file: CopiedFile): void
  /** Iterates over the lines of the last written version of a file, with their keys. */
  lines(file: CopiedFile): Iterable<{ key: string; line: string }>
  part(file: CopiedFile): CopyPart
  /** Releases the folder. */
  close(): void
}

/** A file that is being written. */
export type CopyPart = {
  /** Resumes after this many bytes and truncates the rest. @returns false if it must start again */
  resume(bytes: number): boolean
  append(lines: string): void
  /** Flushes to disk. @returns the number of bytes */
  flush(): number
  keys(key: string): Iterable<string>
  /** Renames it over the file. */
  place(): void
}

/** Opens or creates the folder. @throws Failure if another process uses it */
export function openStore<State>(folder: string, files: readonly CopiedFile[], fresh: State): CopyStore<State> {
  const inside = join(folder, '.talad')
  mkdirSync(inside, { recursive: true, mode: 0o700 })
  const pathOf = ({ name }: CopiedFile) => join(folder, `${name}.ndjson`)
  const changesPath = join(inside, 'changes.ndjson')
  const statePath = join(inside, 'state.json')
  const unlock = lock(join(inside, 'lock'))
  const changed = readChanges(changesPath)

  const store: CopyStore<State> = {
    state: existsSync(statePath) ? (JSON.parse(readFileSync(statePath, 'utf8')) as State) : fresh,

    save(state) {
      writeWhole(statePath, `${JSON.stringify(state, null, 2)}\n`)
      store.state = state
    },

    put(changes, state) {
      if (changes.length > 0) {
        const lines = changes.map(({ file, key, rows }) => `${JSON.stringify([file, key, rows])}\n`).join('')
        const changesFile = openSync(changesPath, 'a', 0o600)
        try {
          writeFileSync(changesFile, lines)
          fsyncSync(changesFile)
        } finally {
          closeSync(changesFile)
        }
        for (const change of changes) remember(changed, change)
      }
      store.save(state)
    },

    pending: () => [...changed.values()].reduce((sum, keys) => sum + keys.size, 0),

    compact() {
      for (const file of files) {
        const keys = changed.get(file.name)
        if (keys) merge(pathOf(file), keys, store.lines(file))
      }
      if (existsSync(changesPath)) truncateSync(changesPath)
      changed.clear()
    },

    has: (file, rows) => existsSync(pathOf(file)) && readFileSync(pathOf(file), 'utf8') === textOf(rows),

    replace: (file, rows) => writeWhole(pathOf(file), textOf(rows)),

    remove(file) {
      rmSync(pathOf(file), { force: true })
      changed.delete(file.name)
    },

    lines: (file) => linesOf(pathOf(file), file.key),

    part: (file) => partAt(join(inside, `${file.name}.part`), pathOf(file)),

    close: unlock,
  }
  return store
}

const textOf = (rows: readonly CopyRow[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

const CHUNK_BYTES = 256 * 1024

/** Reads the lines of a file and their keys lazily, in chunks; nothing if the file does not exist. */
function* linesOf(path: string, key: string): Generator<{ key: string; line: string }> {
  if (!existsSync(path)) return
  const file = openSync(path, 'r')
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    const decoder = new StringDecoder('utf8')
    let rest = ''
    for (let bytes = readSync(file, chunk); bytes > 0; bytes = readSync(file, chunk)) {
      const lines = (rest + decoder.write(chunk.subarray(0, bytes))).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line !== '') yield { key: keyOf(line, key), line }
    }
  } finally {
    closeSync(file)
  }
}

/** Returns the key of a line. We write it first, so the line need not be parsed. */
function keyOf(line: string, name: string): string {
  const first = `{"${name}":"`
  if (line.startsWith(first)) return line.slice(first.length, line.indexOf('"', first.length))
  return String((JSON.parse(line) as Record<string, unknown>)[name])
}

type Changed = Map<string, Map<string, readonly CopyRow[]>>

function remember(changed: Changed, { file, key, rows }: Change): void {
  const keys = changed.get(file) ?? new Map<string, readonly CopyRow[]>()
  changed.set(file, keys)
  keys.set(key, rows)
}

function readChanges(path: string): Changed {
  const changed: Changed = new Map()
  if (!existsSync(path)) return changed
  const text = readFileSync(path, 'utf8')
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  // Do not append to a truncated line.
  if (whole.length < text.length) truncateSync(path, Buffer.byteLength(whole))
  for (const line of whole.split('\n')) {
    if (line === '') continue
    const [file, key, rows] = JSON.parse(line) as [string, string, CopyRow[]]
    remember(changed, { file, key, rows })
  }
  return changed
}

/** Merges a file with its changes: changed lines keep their place, new lines come last. */
function merge(
  path: string,
  changed: ReadonlyMap<string, readonly CopyRow[]>,
  lines: Iterable<{ key: string; line: string }>,
): void {
  const made = `${path}.new`
  const file = openSync(made, 'w', 0o600)
  try {
    const done = new Set<string>()
    let buffer: string[] = []
    const flush = () => {
      if (buffer.length > 0) writeFileSync(file, `${buffer.join('\n')}\n`)
      buffer = []
    }
    const put = (key: string) => {
      if (done.has(key)) return
      done.add(key)
      for (const row of changed.get(key) ?? []) buffer.push(JSON.stringify(row))
    }
    for (const { key, line } of lines) {
      if (changed.has(key)) put(key)
      else buffer.push(line)
      if (buffer.length >= 1000) flush()
    }
    for (const key of changed.keys()) put(key)
    flush()
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  place(made, path)
}

function partAt(path: string, target: string): CopyPart {
  return {
    resume(bytes) {
      // It is missing if the process died right after the rename.
      if (!existsSync(path)) writeFileSync(path, '', { mode: 0o600 })
      const isThere = statSync(path).size >= bytes
      truncateSync(path, isThere ? bytes : 0)
      return isThere
    },
    append: (lines) => appendFileSync(path, lines),
    flush() {
      const file = openSync(path, 'r+')
      try {
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      return statSync(path).size
    },
    *keys(name) {
      for (const { key } of linesOf(path, name)) yield key
    },
    place: () => place(path, target),
  }
}

/** Replaces a file atomically. */
function writeWhole(path: string, text: string): void {
  const made = `${path}.new`
  const file = openSync(made, 'w', 0o600)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  place(made, path)
}

function place(made: string, path: string): void {
  renameSync(made, path)
  // Flush the folder, so that the rename is durable. Windows cannot.
  if (process.platform === 'win32') return
  const folder = openSync(join(path, '..'), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function lock(path: string): () => void {
  const mine = `${path}.${process.pid}`
  writeFileSync(mine, JSON.stringify({ pid: process.pid, host: hostname() }), { mode: 0o600 })
  try {
    for (;;) {
      try {
        // Link a complete file, so that the lock never exists without its owner.
        linkSync(mine, path)
        return () => rmSync(path, { force: true })
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = holderOf(path)
      if (holder && isAlive(holder))
        throw new CommandFailure(
          `Another sync is using this folder: process ${holder.pid} on ${holder.host} (${path}).`,
        )
      rmSync(path, { force: true })
    }
  } finally {
    rmSync(mine, { force: true })
  }
}

type Holder = { pid: number; host: string }

function holderOf(path: string): Holder | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    // Deleted meanwhile.
    return null
  }
}

function isAlive({ pid, host }: Holder): boolean {
  if (host !== hostname()) return true
  // The lock of an earlier process: in a container, every first process has the same pid.
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
