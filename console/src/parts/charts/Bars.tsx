import { Bar, BarChart, CartesianGrid, Legend, Line, LineChart, Tooltip, XAxis, YAxis } from 'recharts'

// The only file that imports the chart library. It is loaded when a chart is first shown.

export type Point = { x: string } & Record<string, number | null | string>
export type Series = { name: string; label: string; color: string; isLine?: boolean }

export type BarsProps = {
  points: Point[]
  series: Series[]
  width: number
  /** Shows a value as text, and a value of the axis, which has less room. */
  shown: (value: number) => string
  shownOnAxis: (value: number) => string
}

const HEIGHT = 220
const TICK = { fill: 'var(--mantine-color-dimmed)', fontSize: 12 }

/** Stacked bars, or lines if every series is a line. */
export default function Bars({ points, series, width, shown, shownOnAxis }: BarsProps) {
  const axes = (
    <>
      <CartesianGrid vertical={false} stroke="var(--mantine-color-default-border)" />
      <XAxis dataKey="x" tick={TICK} tickLine={false} minTickGap={24} />
      <YAxis
        width={52}
        tick={TICK}
        tickLine={false}
        axisLine={false}
        allowDecimals={false}
        tickFormatter={shownOnAxis}
      />
      <Tooltip
        isAnimationActive={false}
        formatter={(value) => (typeof value === 'number' ? shown(value) : String(value ?? ''))}
        contentStyle={{
          background: 'var(--mantine-color-body)',
          border: '1px solid var(--mantine-color-default-border)',
          borderRadius: 8,
        }}
        cursor={{ fill: 'var(--mantine-color-default-hover)' }}
      />
      <Legend wrapperStyle={{ fontSize: 13 }} formatter={(label) => <span className="legend">{label}</span>} />
    </>
  )
  const given = {
    data: points,
    width,
    height: HEIGHT,
    accessibilityLayer: false,
    margin: { top: 8, right: 8, left: 0 },
  }
  if (series.every(({ isLine }) => isLine))
    return (
      <LineChart {...given}>
        {axes}
        {series.map(({ name, label, color }) => (
          <Line
            key={name}
            dataKey={name}
            name={label}
            stroke={color}
            strokeWidth={2}
            dot={{ r: 2, fill: color }}
            isAnimationActive={false}
          />
        ))}
      </LineChart>
    )
  return (
    <BarChart {...given}>
      {axes}
      {series.map(({ name, label, color }) => (
        <Bar key={name} dataKey={name} name={label} fill={color} stackId="all" isAnimationActive={false} />
      ))}
    </BarChart>
  )
}
