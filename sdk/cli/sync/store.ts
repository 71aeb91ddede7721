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
import { Failure } from '../exit.ts'
import type { CopiedFile } from './files.ts'

// A copy on disk.
//
//   customers.ndjson …       what readers read: whole at every moment, because a new version is written beside it and
//                            renamed over it
//   .talad/changes.ndjson    changes that are not in those files yet, appended
//   .talad/state.json        how far the copy is
//   .talad/<name>.part       a file that is being walked
//   .talad/lock              the process that works here
//
// Whatever is written is on the disk before the state that counts on it is. So whenever the process dies, the next one
// finds changes that are complete up to its position, and perhaps some more, which it fetches again: putting a record
// in twice is putting it in once. A line that was cut off is the end of a file that nobody counted on.

export type Row = Readonly<Record<string, unknown>>

/** What one key stands for now: these rows; none if it is gone. */
export type Change = { file: string; key: string; rows: readonly Row[] }

export type Store<State> = {
  state: State
  /** Replaces the state, on the disk. */
  save(state: State): void
  /** Adds changes, and then replaces the state. */
  put(changes: readonly Change[], state: State): void
  /** How many keys have changed since the files were last written. */
  pending(): number
  /** Writes the files that have changed, and empties the list of changes. */
  compact(): void
  /** Whether a file has these rows, in this order, and no others. */
  has(file: CopiedFile, rows: readonly Row[]): boolean
  /** Replaces a file by these rows. */
  replace(file: CopiedFile, rows: readonly Row[]): void
  /** Deletes a file: what may no longer be read is not to be kept. */
  remove(file: CopiedFile): void
  /** The lines of a file as it was last written, with their keys. */
  lines(file: CopiedFile): Iterable<{ key: string; line: string }>
  part(file: CopiedFile): Part
  /** Gives the folder back. */
  close(): void
}

/** A file that is being made. */
export type Part = {
  /** Goes on after so many bytes; what was written after them is forgotten. @returns false if it must begin anew */
  resume(bytes: number): boolean
  append(lines: string): void
  /** On the disk up to here. @returns the bytes */
  flush(): number
  keys(key: string): Iterable<string>
  /** It becomes the file. */
  place(): void
}

/** Opens the folder, and makes it if there is none. @throws Failure if another process works there */
export function openStore<State>(folder: string, files: readonly CopiedFile[], fresh: State): Store<State> {
  const inside = join(folder, '.talad')
  mkdirSync(inside, { recursive: true, mode: 0o700 })
  const pathOf = ({ name }: CopiedFile) => join(folder, `${name}.ndjson`)
  const changesPath = join(inside, 'changes.ndjson')
  const statePath = join(inside, 'state.json')
  const unlock = lock(join(inside, 'lock'))
  const changed = readChanges(changesPath)

  const store: Store<State> = {
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

const textOf = (rows: readonly Row[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

const CHUNK_BYTES = 256 * 1024

/** The lines of a file and their keys; none if there is no file. Read as they are asked for, a chunk at a time. */
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

/** The key of a line; it stands first in what we write, so that a line need not be parsed. */
function keyOf(line: string, name: string): string {
  const first = `{"${name}":"`
  if (line.startsWith(first)) return line.slice(first.length, line.indexOf('"', first.length))
  return String((JSON.parse(line) as Record<string, unknown>)[name])
}

type Changed = Map<string, Map<string, readonly Row[]>>

function remember(changed: Changed, { file, key, rows }: Change): void {
  const keys = changed.get(file) ?? new Map<string, readonly Row[]>()
  changed.set(file, keys)
  keys.set(key, rows)
}

function readChanges(path: string): Changed {
  const changed: Changed = new Map()
  if (!existsSync(path)) return changed
  const text = readFileSync(path, 'utf8')
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  // What comes next must not be glued to a line that was cut off.
  if (whole.length < text.length) truncateSync(path, Buffer.byteLength(whole))
  for (const line of whole.split('\n')) {
    if (line === '') continue
    const [file, key, rows] = JSON.parse(line) as [string, string, Row[]]
    remember(changed, { file, key, rows })
  }
  return changed
}

/** The file with its changes: lines that changed where they stood, new ones at the end. */
function merge(
  path: string,
  changed: ReadonlyMap<string, readonly Row[]>,
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

function partAt(path: string, target: string): Part {
  return {
    resume(bytes) {
      // It is not there if it became the file just before the process died.
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

/** Writes a file so that it is the old one or the new one at every moment. */
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
  // The new name is on the disk only when the folder is. Windows has no such thing.
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
        // Unlike creating a file and then writing it, this gives the name to a file that says whose it is.
        linkSync(mine, path)
        return () => rmSync(path, { force: true })
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = holderOf(path)
      if (holder && isAlive(holder))
        throw new Failure(`Another sync works on this folder: process ${holder.pid} on ${holder.host} (${path}).`)
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
    // It was deleted meanwhile.
    return null
  }
}

function isAlive({ pid, host }: Holder): boolean {
  if (host !== hostname()) return true
  // In a container every first process has the same number.
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
