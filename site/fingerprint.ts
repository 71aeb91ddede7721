import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Returns a hash of all sources of the site. When it changes, the site must be rebuilt. */
export function fingerprint(root: string): string {
  const hash = createHash('sha256')
  const own = globSync(
    'site/{*.ts,*.js,package.json,{generate,guides,answers,payloads,public}/**/*.*,src/{styles,scripts,components}/**/*.*,src/content/i18n/*}',
    { cwd: root },
  )
  for (const path of [
    ...own,
    'openapi.json',
    'openapi.ingest.json',
    'CHANGELOG.md',
    'CHANGELOG.th.md',
    'server/events/event_types.ts',
    'server/scopes.ts',
    'server/contract/problem.ts',
    'server/http/site/site_origin.ts',
  ].sort())
    hash.update(path).update(readFileSync(join(root, path)))
  return hash.digest('hex').slice(0, 32)
}

/** Returns the fingerprint of the sources of a built site; null if no site is built. */
export function stampOf(dist: string): string | null {
  try {
    return (JSON.parse(readFileSync(join(dist, '.site.json'), 'utf8')) as { stamp: string }).stamp
  } catch {
    return null
  }
}
