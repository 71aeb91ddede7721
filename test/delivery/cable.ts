import type { Database } from '../../server/db/database.ts'
import type { SimulatedTime } from './time.ts'

// A real database connection of a worker that can be cut at any point of a transaction, before or after a commit; or the
// worker can die there.

/** The fate of a database call. */
export type Fate = 'well' | 'cut before' | 'cut within' | 'cut after' | 'dies before' | 'dies within' | 'dies after'

export type Cable = {
  db: Database
  /** Ends the worker: it receives nothing any more, and uncommitted work is rolled back. */
  die(): void
}

/** The error of the driver when a connection is lost. */
const lost = () => Object.assign(new Error('write CONNECTION_CLOSED'), { code: 'CONNECTION_CLOSED' })

const never = new Promise<never>(() => {})

/**
 * @param fateOf returns the fate of each call
 * @param cutAfter how many statements of a transaction succeed if it is cut within
 * @param onDeath called when a call kills the worker
 */
export function cableTo(
  db: Database,
  simulated: SimulatedTime,
  { fateOf, cutAfter, onDeath }: { fateOf(): Fate; cutAfter(): number; onDeath(): void },
): Cable {
  let isDead = false

  function die(): void {
    if (isDead) return
    isDead = true
    onDeath()
  }

  /** @param work runs the call completely, or only a part if `isCut` is true */
  async function ask<T>(work: (isCut: boolean) => Promise<T>): Promise<T> {
    if (isDead) return never
    const fate = fateOf()
    const [what, when] = fate.split(' ')
    const strike = () => {
      if (what === 'dies') die()
      else throw lost()
    }
    if (when === 'before') strike()
    if (isDead) return never
    try {
      const result = await simulated.during(work(when === 'within'))
      if (when === 'after') strike()
      return isDead ? never : result
    } catch (error) {
      if (what === 'dies') die()
      if (isDead) return never
      throw error
    }
  }

  /** Sends a statement when it is awaited, like the driver. Until then it can become a fragment of another statement. */
  function statement<Q>(query: Q): Q {
    if (!(query instanceof Promise)) return query
    const send = query.then.bind(query)
    let asked: Promise<unknown> | null = null
    return Object.assign(query, {
      // biome-ignore lint/suspicious/noThenProperty: it replaces the method of the driver's own promise
      then: (done: never, failed: never) => {
        asked ??= ask((isCut) => (isCut ? Promise.reject(lost()) : (send((rows) => rows) as Promise<unknown>)))
        return asked.then(done, failed)
      },
    })
  }

  /** Returns a transaction that fails after this many calls, including those that build fragments. */
  function cut<T extends object>(tx: T, after: number): T {
    let left = after
    const count = () => {
      left -= 1
      if (left < 0) throw lost()
    }
    return new Proxy(tx, {
      apply(target, self, given) {
        count()
        return Reflect.apply(target as never, self, given)
      },
      get(target, name) {
        if (name === 'unsafe') count()
        return Reflect.get(target, name)
      },
    })
  }

  const proxied = new Proxy(db, {
    apply: (target, self, given) => statement(Reflect.apply(target as never, self, given)),
    get(target, name) {
      if (name === 'begin')
        return (work: (tx: object) => Promise<unknown>) =>
          ask((isCut) => target.begin((tx) => work(isCut ? cut(tx, cutAfter()) : tx)) as Promise<unknown>)
      if (name === 'unsafe') return (...given: Parameters<Database['unsafe']>) => statement(target.unsafe(...given))
      return Reflect.get(target, name)
    },
  })
  return { db: proxied, die }
}
