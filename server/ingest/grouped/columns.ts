import { unknownName } from '../../contract/parameters.ts'
import type { ColumnMap, RowFormat } from '../formats/format.ts'
import { type Cells, fitted, namesOf, textOf } from '../read/csv.ts'
import { FileMistake } from '../read/rows.ts'
import { CellMistake, quoted } from './cells.ts'

/** The columns of a file, found by the names of a format. */
export type Columns<F extends string> = {
  /** The header row, for a file of rejected rows. */
  header: Buffer
  has(field: F): boolean
  /** Returns the name of the column of a field. */
  nameOf(field: F): string
  /** Returns the trimmed text of a field, with its words translated; '' if it is empty or has no column. */
  textOf(row: Cells, field: F): string | CellMistake
  /** Returns whether the file has the amounts of a field with the opposite sign. */
  isNegated(field: F): boolean
  /** Returns the text of the column that tells apart rows without an item. */
  kindOf(row: Cells): string
  /** Returns the cells of the named columns, or what is wrong with their number. */
  fitted(row: Cells): { cells: readonly string[]; mistake: string | null }
}

/** Finds the columns. @throws FileMistake that names missing, repeated and unknown columns */
export function findColumns<F extends string>(format: RowFormat<F>, first: Cells): Columns<F> {
  const names = namesOf(first.cells).map((name) => name.trim())
  const folded = names.map((name) => name.toLowerCase())
  const placesOf = (wanted: readonly string[]): number[] =>
    wanted.flatMap((name) => {
      const at = name.endsWith('*')
        ? folded.findIndex((one) => one.startsWith(name.slice(0, -1).toLowerCase()))
        : folded.indexOf(name.toLowerCase())
      return at < 0 ? [] : [at]
    })
  const columns = Object.entries<ColumnMap>(format.columns as Record<F, ColumnMap>)
  const found = new Map(
    columns.map(([field, column]) => [
      field as F,
      { column, places: placesOf(column.named), joined: placesOf(column.joined?.columns ?? []) },
    ]),
  )
  assertColumns(format, names, (field) => (found.get(field)?.places.length ?? 0) > 0)
  const kinds = placesOf(format.rowKinds ? [format.rowKinds.column] : [])
  const cellOf = ({ cells }: Cells, at: number): string => (cells[at] ?? '').trim()
  return {
    header: textOf(names),
    has: (field) => (found.get(field)?.places.length ?? 0) > 0,
    nameOf: (field) => names[found.get(field)?.places[0] ?? -1] ?? field,
    textOf: (row, field) => {
      const { column, places, joined } = found.get(field) ?? { column: NONE, places: [], joined: [] }
      const own = places.map((at) => cellOf(row, at)).find((cell) => cell !== '') ?? ''
      const parts = [own, ...joined.map((at) => cellOf(row, at))].filter((cell) => cell !== '')
      return places.length === 0 ? '' : wordOf(column, parts.join(column.joined?.by))
    },
    isNegated: (field) => found.get(field)?.column.isNegated ?? false,
    kindOf: (row) => (kinds[0] === undefined ? '' : cellOf(row, kinds[0])),
    fitted: ({ cells }) => fitted(cells, names.length, first.cells.length),
  }
}

const NONE: ColumnMap = { named: [] }

function assertColumns<F extends string>(format: RowFormat<F>, names: readonly string[], has: (field: F) => boolean) {
  const known = Object.values<ColumnMap>(format.columns as Record<F, ColumnMap>).flatMap(({ named }) => named)
  const wrong = [
    ...(format.isOpen
      ? []
      : names.flatMap((name) =>
          name === ''
            ? ['a column has no name']
            : known.some((one) => one.toLowerCase() === name.toLowerCase())
              ? []
              : [`${name} ${unknownName(name, known)}`],
        )),
    ...names.flatMap((name, at) => (name === '' || names.indexOf(name) === at ? [] : [`${name} appears twice`])),
    ...Object.entries<ColumnMap>(format.columns as Record<F, ColumnMap>).flatMap(([field, { named, isOptional }]) =>
      isOptional || has(field as F) ? [] : [`${named.join(' or ')} is missing`],
    ),
  ]
  if (wrong.length > 0) throw new FileMistake(`does not have the columns of ${format.title}: ${wrong.join('; ')}`)
}

function wordOf({ words, keepsOthers }: ColumnMap, cell: string): string | CellMistake {
  if (words === undefined) return cell
  const word = Object.hasOwn(words, cell) ? words[cell] : undefined
  if (word !== undefined || cell === '' || keepsOthers) return word ?? cell
  return new CellMistake(`must be one of ${Object.keys(words).join(', ')}, not ${quoted(cell)}`)
}
