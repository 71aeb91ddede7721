import { Table } from '@mantine/core'
import type { ReactNode } from 'react'

/** @property width of the column on a wide screen, if the texts in it are long */
export type Column<Row> = { label: string; width?: string; cell: (row: Row) => ReactNode }

type RowsProps<Row> = {
  /** What the table lists; screen readers announce it. */
  label: string
  rows: readonly Row[]
  rowKey: (row: Row) => string
  columns: Column<Row>[]
  /** Stays a table on a phone, because a few numbers fit side by side. */
  isCompact?: boolean
}

/** A table; on a phone, each row is a card. The roles keep its meaning there. */
export function Rows<Row>({ label, rows, rowKey, columns, isCompact = false }: RowsProps<Row>) {
  return (
    <Table
      className={isCompact ? 'rows compact' : 'rows'}
      aria-label={label}
      role="table"
      verticalSpacing={isCompact ? 'xs' : 'sm'}
      highlightOnHover
    >
      <Table.Thead role="rowgroup">
        <Table.Tr role="row">
          {columns.map((column) => (
            <Table.Th key={column.label} role="columnheader" scope="col" {...(column.width && { w: column.width })}>
              {column.label}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody role="rowgroup">
        {rows.map((row) => (
          <Table.Tr key={rowKey(row)} role="row">
            {columns.map((column) => (
              <Table.Td key={column.label} role="cell" data-label={column.label}>
                <div>{column.cell(row)}</div>
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
