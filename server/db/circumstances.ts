// Errors whose cause a user can change: file errors of the operating system, and errors of Postgres about privileges, space
// and its state. Each becomes one sentence. Every other error is a bug.

/** Returns whether an error comes from the operating system. Such an error has a code, and usually a path. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string'
}

/** Texts that follow "cannot be read:", or stand in parentheses. */
export const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  EEXIST: 'it is not a folder',
  ENOTDIR: 'it is not a folder',
  EISDIR: 'it is a folder',
  ENOENT: 'it does not exist',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk reports an error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ELOOP: 'its symbolic links form a loop',
  ENAMETOOLONG: 'its name is too long',
}

/** Returns a sentence for a system error about a file or the current folder; otherwise null. */
export function fileCircumstance(error: unknown): string | null {
  if (!isSystemError(error)) return null
  if (error.syscall === 'uv_cwd') return 'The current folder was deleted: change to an existing folder.'
  const reason = REASONS[error.code]
  return error.path === undefined || !reason ? null : `${error.path} cannot be used: ${reason}.`
}

const DAMAGED = 'read its log, and restore a backup if its files are damaged'

/** Remedies by SQLSTATE, or by its class (the first two characters). */
const REMEDIES: Record<string, { what: string; remedy: string }> = {
  '42501': {
    what: 'The role of DATABASE_URL lacks a privilege',
    remedy: 'make it the owner of the database and of everything in it (ALTER DATABASE … OWNER TO …)',
  },
  '25006': { what: 'The database is read-only', remedy: 'connect to the primary server' },
  '53100': { what: 'The disk of the database is full', remedy: 'free some space' },
  '53200': { what: 'The database has no memory left', remedy: 'give it more, or lower its settings' },
  '53300': { what: 'The database has no connection left', remedy: 'raise max_connections, or the limit of the role' },
  '57014': { what: 'The database needed too long for a statement', remedy: 'try again when it has less to do' },
  '58': { what: 'The database cannot use its files', remedy: DAMAGED },
  XX001: { what: 'The database has damaged data', remedy: DAMAGED },
  XX002: { what: 'The database has a damaged index', remedy: DAMAGED },
}

/** Returns a sentence for a database error whose cause is outside of Talad; otherwise null. */
export function databaseCircumstance(error: unknown): string | null {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: string }
  if (typeof code !== 'string') return null
  const known = REMEDIES[code] ?? (/^\w{5}$/.test(code) ? REMEDIES[code.slice(0, 2)] : undefined)
  return known ? `${known.what} (${message}): ${known.remedy}.` : null
}
