import { arrayText } from '../db/arrays.ts'
import { type Database, type Runner, runPrepared } from '../db/database.ts'
import { limitWaiting } from '../db/locks.ts'
import { DURATION_RANGES } from './durations.ts'
import type { Figure } from './summing.ts'
import type { LoggedRow } from './waiting.ts'

/** How long a transaction waits for a lock, and how long one of its statements runs. It uses one ordinary connection. */
const LOCK_MS = 1000
const STATEMENT_MS = 5000

/**
 * Writes requests and figures in one transaction.
 *
 * @param isOfOneBusiness whether everything is of one business, as it must be on a cluster
 */
export async function writeRequests(
  db: Database,
  rows: readonly LoggedRow[],
  figures: readonly Figure[],
  isOfOneBusiness: boolean,
): Promise<void> {
  await db.begin(async (tx) => {
    await Promise.all([
      limitWaiting(tx, { lockMs: LOCK_MS, statementMs: STATEMENT_MS }),
      // The loss of the database may lose the last moments, as the loss of this process may.
      tx`select set_config('synchronous_commit', 'off', true)`,
      rows.length > 0 && writeRows(tx, rows),
      isOfOneBusiness
        ? Promise.all(ordered(figures).map((figure) => addFigure(tx, figure)))
        : figures.length > 0 && addFigures(tx, ordered(figures)),
    ])
  })
}

/** The same order in all processes, so that they cannot deadlock. */
const ordered = (figures: readonly Figure[]): Figure[] => figures.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))

const keyOf = ({ businessId, hour, applicationId, operation }: Figure): string =>
  `${businessId} ${hour.getTime()} ${applicationId} ${operation}`

/** The columns of the log, each with the type of its parameter and its value. Texts are quoted, other values need no quotes. */
const ROW_COLUMNS: [column: string, type: string, value: (row: LoggedRow) => string | number | null][] = [
  ['business_id', 'uuid', ({ businessId }) => businessId],
  // Seconds since 1970: PostgreSQL reads a number in a fraction of the time that a date takes.
  ['created_at', 'float8', ({ at }) => at.getTime() / 1000],
  ['id', 'uuid', ({ id }) => id],
  ['application_id', 'uuid', ({ applicationId }) => applicationId],
  ['request_id', 'text', ({ requestId, isOwnId }) => (isOwnId ? requestId : null)],
  ['operation', 'text', ({ operation }) => operation],
  ['method', 'text', ({ method }) => method],
  ['path', 'text', ({ path }) => path],
  ['query', 'text', ({ query }) => query],
  ['status', 'smallint', ({ status }) => status],
  ['error', 'text', ({ error }) => error],
  ['reason', 'text', ({ reason }) => reason],
  ['duration_ms', 'real', ({ durationMs }) => durationMs],
  ['address', 'text', ({ address }) => address],
]

const INSERT_ROWS = `
  insert into request_log (${ROW_COLUMNS.map(([column]) => column).join(', ')})
  select ${ROW_COLUMNS.map(([column, type]) => (type === 'float8' ? `to_timestamp(${column})` : column)).join(', ')}
  from unnest(${ROW_COLUMNS.map(([, type], at) => `$${at + 1}::text::${type}[]`).join(', ')})
    as row (${ROW_COLUMNS.map(([column]) => column).join(', ')})`

const writeRows = (tx: Runner, rows: readonly LoggedRow[]) =>
  runPrepared(tx, {
    sql: INSERT_ROWS,
    parameters: ROW_COLUMNS.map(([, type, value]) =>
      type === 'text' ? quotedTexts(rows, value) : `{${rows.map((row) => value(row) ?? 'null').join()}}`,
    ),
  })

/** Returns an array of texts as PostgreSQL writes it. Many rows have the same text as the one before. */
function quotedTexts(rows: readonly LoggedRow[], value: (row: LoggedRow) => string | number | null): string {
  let last: string | number | null = null
  let quoted = 'null'
  const texts = rows.map((row) => {
    const text = value(row)
    if (text !== last) {
      last = text
      quoted = text === null ? 'null' : arrayText([text]).slice(1, -1)
    }
    return quoted
  })
  return `{${texts.join()}}`
}

/** The columns of the figures, each with its type and its value. */
const FIGURE_COLUMNS: [column: string, type: string, value: (figure: Figure) => unknown][] = [
  ['business_id', 'uuid', ({ businessId }) => businessId],
  ['hour', 'timestamptz', ({ hour }) => hour],
  ['application_id', 'uuid', ({ applicationId }) => applicationId],
  ['operation', 'text', ({ operation }) => operation],
  ['requests', 'int', ({ requests }) => requests],
  ['errors', 'int', ({ errors }) => errors],
  ['rate_limited', 'int', ({ rateLimited }) => rateLimited],
  ['unlogged', 'int', ({ unlogged }) => unlogged],
  ['durations', 'text', ({ durations }) => `{${durations.join()}}`],
]

const FIGURE_NAMES = FIGURE_COLUMNS.map(([column]) => column).join(', ')
const SUMS = ['requests', 'errors', 'rate_limited', 'unlogged'].map(
  (name) => `${name} = known.${name} + excluded.${name}`,
)
const RANGES = Array.from({ length: DURATION_RANGES }, (_, at) => at + 1)
const ADDING = `
  on conflict (business_id, hour, application_id, operation) do update set
    ${SUMS.join(', ')},
    durations = array[${RANGES.map((at) => `known.durations[${at}] + excluded.durations[${at}]`).join(', ')}]`

const ADD_FIGURES = `
  insert into request_figures as known (${FIGURE_NAMES})
  select ${FIGURE_COLUMNS.map(([column]) => (column === 'durations' ? 'durations::int[]' : column)).join(', ')}
  from unnest(${FIGURE_COLUMNS.map(([, type], at) => `$${at + 1}::text::${type}[]`).join(', ')}) as added (${FIGURE_NAMES})
  ${ADDING}`

const addFigures = (tx: Runner, figures: readonly Figure[]) =>
  runPrepared(tx, { sql: ADD_FIGURES, parameters: FIGURE_COLUMNS.map(([, , value]) => arrayText(figures.map(value))) })

const ADD_FIGURE = `
  insert into request_figures as known (${FIGURE_NAMES})
  values (${FIGURE_COLUMNS.map(([column, type], at) => `$${at + 1}::text::${column === 'durations' ? 'int[]' : type}`).join(', ')})
  ${ADDING}`

/** One row per statement: a cluster would send a statement with several rows to every node. */
const addFigure = (tx: Runner, figure: Figure) =>
  runPrepared(tx, {
    sql: ADD_FIGURE,
    parameters: FIGURE_COLUMNS.map(([, , value]) => {
      const given = value(figure)
      return given instanceof Date ? given.toISOString() : String(given)
    }),
  })
