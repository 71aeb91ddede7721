import { LRUCache } from 'lru-cache'

const one = () => 1

/**
 * Remembers at most so many values, and forgets the least recently used first. It takes memory as it fills: asked for a
 * number of entries, lru-cache would take all of it at once, 10 ms and 2.5 MB for a hundred thousand.
 */
export const cacheOf = <Value extends object | true>(entries: number): LRUCache<string, Value> =>
  new LRUCache({ maxSize: entries, sizeCalculation: one })
