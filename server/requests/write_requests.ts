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
      // The loss of the database may lose the last moments, as the loss of this process may.
      limitWaiting(tx, { lockMs: LOCK_MS, statementMs: STATEMENT_MS, isDurable: false }),
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

type LogColumn = [column: string, type: string, value: (row: LoggedRow) => string | number | null]

/** The columns of which each row has its own value, each with the type of its parameter. */
const OWN_COLUMNS: LogColumn[] = [
  // Seconds since 1970: PostgreSQL reads a number in a fraction of the time that a date takes.
  ['created_at', 'float8', ({ at }) => at.getTime() / 1000],
  ['id', 'uuid', ({ id }) => id],
  ['request_id', 'text', ({ requestId, isOwnId }) => (isOwnId ? requestId : null)],
  ['duration_ms', 'real', ({ durationMs }) => durationMs],
]

/** The columns in which many rows are alike. */
const SHARED_COLUMNS: LogColumn[] = [
  ['business_id', 'uuid', ({ businessId }) => businessId],
  ['application_id', 'uuid', ({ applicationId }) => applicationId],
  ['operation', 'text', ({ operation }) => operation],
  ['method', 'text', ({ method }) => method],
  ['path', 'text', ({ path }) => path],
  ['query', 'text', ({ query }) => query],
  ['status', 'smallint', ({ status }) => status],
  ['error', 'text', ({ error }) => error],
  ['reason', 'text', ({ reason }) => reason],
  ['address', 'text', ({ address }) => address],
]

const namesOf = (columns: readonly LogColumn[]): string => columns.map(([column]) => column).join(', ')

const parametersOf = (columns: readonly LogColumn[], from: number): string =>
  columns.map(([, type], at) => `$${at + from}::text::${type}[]`).join(', ')

/**
 * Each combination of shared values is sent once, and rows refer to it. Reading the parameters was half of the work of PostgreSQL
 * when each row had all its values.
 */
const INSERT_ROWS = `
  insert into request_log (${namesOf([...OWN_COLUMNS, ...SHARED_COLUMNS])})
  select ${namesOf([...OWN_COLUMNS, ...SHARED_COLUMNS]).replace('created_at', 'to_timestamp(created_at)')}
  from unnest($1::text::int[], ${parametersOf(OWN_COLUMNS, 2)}) as own (place, ${namesOf(OWN_COLUMNS)})
  join unnest(${parametersOf(SHARED_COLUMNS, OWN_COLUMNS.length + 2)}) with ordinality
    as shared (${namesOf(SHARED_COLUMNS)}, at) on at = place`

function writeRows(tx: Runner, rows: readonly LoggedRow[]) {
  const places = new Map<string, number>()
  const shared: LoggedRow[] = []
  const place = rows.map((row) => {
    const { applicationId, operation, method, path, query, status, error, reason, address } = row
    // An application has one business. PostgreSQL accepts no text with NUL, so keys of accepted rows are unambiguous.
    const key = `${applicationId}\0${operation}\0${method}\0${path}\0${query}\0${status}\0${error}\0${reason}\0${address}`
    let at = places.get(key)
    if (at === undefined) {
      at = shared.push(row)
      places.set(key, at)
    }
    return at
  })
  return runPrepared(tx, {
    sql: INSERT_ROWS,
    parameters: [`{${place.join()}}`, ...arraysOf(OWN_COLUMNS, rows), ...arraysOf(SHARED_COLUMNS, shared)],
  })
}

/** Texts are quoted; other values need no quotes. */
const arraysOf = (columns: readonly LogColumn[], rows: readonly LoggedRow[]): string[] =>
  columns.map(([, type, value]) =>
    type === 'text' ? arrayText(rows.map(value)) : `{${rows.map((row) => value(row) ?? 'null').join()}}`,
  )

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
  ['partly', 'int', ({ partly }) => partly],
  ['durations', 'text', ({ durations }) => `{${durations.join()}}`],
]

const FIGURE_NAMES = FIGURE_COLUMNS.map(([column]) => column).join(', ')
const SUMS = ['requests', 'errors', 'rate_limited', 'unlogged', 'partly'].map(
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
