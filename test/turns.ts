/** Returns the result of work without I/O, and the number of turns that the event loop made meanwhile. */
export async function turnsDuring<T>(work: () => Promise<T>): Promise<{ turns: number; result: T }> {
  let turns = 0
  let isOver = false
  const tick = () => {
    turns += 1
    if (!isOver) setImmediate(tick)
  }
  setImmediate(tick)
  const result = await work()
  isOver = true
  return { turns, result }
}
