import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The newest backup that a machine made, for talad doctor. */
export type BackupNote = { at: string; file: string; bytes: number; has_keys?: boolean }

const noteFile = (dataDir: string): string => join(dataDir, 'last-backup.json')

export async function noteBackup(dataDir: string, note: BackupNote): Promise<void> {
  await mkdir(dataDir, { recursive: true })
  const file = noteFile(dataDir)
  await writeFile(`${file}.part`, `${JSON.stringify(note)}\n`)
  await rename(`${file}.part`, file)
}

/** Returns the note, or null if there is none. */
export async function lastBackup(dataDir: string): Promise<BackupNote | null> {
  try {
    return JSON.parse(await readFile(noteFile(dataDir), 'utf8'))
  } catch {
    return null
  }
}
