import { useNavigate, useSearch } from '@tanstack/react-router'

// Filters are in the URL, so that a screen survives a reload and can be sent to somebody.

export type Filters = Record<string, string | undefined>

/** Returns the filters of the URL, and a function that changes some; an empty one leaves the URL. */
export function useFilters(): [Filters, (changed: Filters) => void] {
  const filters = useSearch({ strict: false }) as Filters
  const navigate = useNavigate()
  const change = (changed: Filters) =>
    void navigate({ to: '.', search: (before: Filters) => without({ ...before, ...changed }), replace: true } as never)
  return [filters, change]
}

const without = (filters: Filters): Filters =>
  Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined && value !== ''))

/** Reads the parameters of a URL as plain texts. */
export const parseFilters = (search: string): Filters => Object.fromEntries(new URLSearchParams(search))

export function formatFilters(filters: Record<string, unknown>): string {
  const text = new URLSearchParams(
    Object.entries(filters).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  ).toString()
  return text && `?${text}`
}
