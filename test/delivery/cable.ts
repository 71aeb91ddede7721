import type { Database } from '../../server/db/database.ts'
import type { Simulated } from './time.ts'

// The cable between a worker and its database, which is a real one: it can be cut at any point of a transaction, before
// or after anything was committed, and the worker can die there.

/** What happens to something that a worker asks the database for. */
export type Fate = 'well' | 'cut before' | 'cut within' | 'cut after' | 'dies before' | 'dies within' | 'dies after'

export type Cable = {
  db: Database
  /** Whoever dies hears nothing any more; what it has begun is rolled back, unless it was committed. */
  die(): void
}

/** As the driver says it when a connection is lost. */
const lost = () => Object.assign(new Error('write CONNECTION_CLOSED'), { code: 'CONNECTION_CLOSED' })

const never = new Promise<never>(() => {})

/**
 * @param fateOf of each thing that is asked for
 * @param cutAfter how many statements of a transaction come through, if it is cut within
 * @param onDeath told when the worker dies of its fate
 */
export function cableTo(
  db: Database,
  simulated: Simulated,
  { fateOf, cutAfter, onDeath }: { fateOf(): Fate; cutAfter(): number; onDeath(): void },
): Cable {
  let isDead = false

  function die(): void {
    if (isDead) return
    isDead = true
    onDeath()
  }

  /** @param work does it, all of it or, if it is told so, only a part */
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

  /** A statement is sent when somebody waits for it, as with the driver; until then it may become a part of another. */
  function statement<Q>(query: Q): Q {
    if (!(query instanceof Promise)) return query
    const send = query.then.bind(query)
    let asked: Promise<unknown> | null = null
    return Object.assign(query, {
      // biome-ignore lint/suspicious/noThenProperty: it is one that the driver's own promise has
      then: (done: never, failed: never) => {
        asked ??= ask((isCut) => (isCut ? Promise.reject(lost()) : (send((rows) => rows) as Promise<unknown>)))
        return asked.then(done, failed)
      },
    })
  }

  /** A transaction of which so many calls come through. Those that make a part of a statement count as well. */
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
