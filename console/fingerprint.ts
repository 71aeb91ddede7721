import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export { stampOf } from '../site/fingerprint.ts'

/** Returns a hash of all sources of the console. When it changes, the console must be rebuilt. */
export function fingerprint(root: string): string {
  const hash = createHash('sha256')
  for (const path of globSync('console/{*.*,src/**/*.*}', { cwd: root }).sort())
    hash.update(path).update(readFileSync(join(root, path)))
  return hash.digest('hex').slice(0, 32)
}
