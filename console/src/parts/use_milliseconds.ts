import { useFormat } from '../language/format.ts'
import { useText } from '../language/text.ts'

/** Returns a function that shows a duration. */
export function useMilliseconds(): (value: string | number | null) => string {
  const t = useText()
  const { number } = useFormat()
  return (value) => {
    if (value === null) return '–'
    const ms = Number(value)
    return t('{value} ms', { value: number(ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)) })
  }
}
