import { Paper, Stack, Text, Title } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { lazy, Suspense } from 'react'
import { useFormat } from '../../language/format.ts'
import { useText } from '../../language/text.ts'
import { Waiting } from '../Loaded.tsx'
import { type Column, Rows } from '../Rows.tsx'
import type { Point, Series } from './Bars.tsx'

const Bars = lazy(() => import('./Bars.tsx'))

type ChartProps = {
  title: string
  /** What the numbers are. */
  about?: string
  points: Point[]
  series: Series[]
  /** The name of the first column of the table. */
  of: string
  shown: (value: number) => string
}

/** A chart, and the same numbers as a table behind it. Screen readers get the table only. */
export function Chart({ title, about, points, series, of, shown }: ChartProps) {
  const t = useText()
  const { number } = useFormat()
  const { ref, width } = useElementSize()
  const isEmpty = points.every((point) => series.every(({ name }) => !point[name]))
  const columns: Column<Point>[] = [
    { label: of, cell: ({ x }) => x },
    ...series.map(({ name, label }) => ({
      label,
      cell: (point: Point) => {
        const value = point[name]
        return typeof value === 'number' ? shown(value) : '–'
      },
    })),
  ]
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <div>
          <Title order={2} size="h4">
            {title}
          </Title>
          {about && (
            <Text size="sm" c="dimmed">
              {about}
            </Text>
          )}
        </div>
        {isEmpty && <Text c="dimmed">{t('Nothing in this time.')}</Text>}
        <div ref={ref} className={isEmpty ? undefined : 'chart'} aria-hidden>
          {!isEmpty &&
            (width === 0 ? (
              <Waiting />
            ) : (
              <Suspense fallback={<Waiting />}>
                <Bars points={points} series={series} width={width} shown={shown} shownOnAxis={number} />
              </Suspense>
            ))}
        </div>
        <details>
          <summary>{t('Show as a table')}</summary>
          <Rows label={title} rows={points.toReversed()} rowKey={({ x }) => x} columns={columns} isCompact />
        </details>
      </Stack>
    </Paper>
  )
}

/** Colors of series, as style.css names them. */
export const COLORS = { good: 'var(--chart-good)', bad: 'var(--chart-bad)', other: 'var(--chart-other)' } as const
