import type { Database, Runner } from './database.ts'

// A connection that is lost within a transaction. The driver (postgres.js 3.4.9, `begin` in index.js) tells the caller at
// once; but what goes on within the transaction may say something on that connection all the same, if only the driver's
// own `rollback`. It is then written, an immediate later, to a socket that is not there any more, where nobody can catch
// it: the process ends. So nothing is said any more on a connection that is lost: a statement is refused, and what the
// driver waits for before it would say commit or rollback never comes.

type Transaction = Extract<Runner, { savepoint: unknown }>
type Work<T> = (tx: Transaction) => T | Promise<T>
type Begin = Database['begin']

/** The driver's `begin`, such that the loss of its connection ends nothing but the transaction. */
export function beginSafely(begin: Begin): Begin {
  const beginWith = (...words: [Work<unknown>] | [string, Work<unknown>]) => {
    const fate = { isOver: false }
    const safely = (tx: Transaction) => inside(tx, words.at(-1) as Work<unknown>, fate)
    const done = words.length === 1 ? begin(safely) : begin(words[0], safely)
    const end = () => {
      fate.isOver = true
    }
    done.then(end, end)
    return done
  }
  return beginWith as Begin
}

/** Whether a transaction has an end already that its work does not know of. */
type Fate = { isOver: boolean }

async function inside<T>(tx: Transaction, work: Work<T>, fate: Fate): Promise<T> {
  try {
    const result = await work(watched(tx, fate))
    return fate.isOver ? await never() : result
  } catch (error) {
    // A loss is told to the statement first, and in the same moment to the transaction.
    await new Promise(setImmediate)
    if (fate.isOver) return await never()
    throw error
  }
}

/** What the transaction had to say is refused from its end on; the same for its savepoints. */
const watched = (tx: Transaction, fate: Fate): Transaction =>
  new Proxy(tx, {
    apply: (target, self, words) => refusedWhenOver(Reflect.apply(target, self, words), fate),
    get(target, name) {
      if (name === 'unsafe')
        return (...words: Parameters<typeof tx.unsafe>) => refusedWhenOver(target.unsafe(...words), fate)
      if (name === 'savepoint')
        return (first: string | Work<unknown>, second?: Work<unknown>) =>
          typeof first === 'string'
            ? target.savepoint(first, (inner) => inside(inner, second as Work<unknown>, fate))
            : target.savepoint((inner) => inside(inner, first, fate))
      return Reflect.get(target, name)
    },
  })

/** A query, as far as the driver hands it to a connection; a piece of one, and a helper, are none. */
type Handed = { handler?: (query: Handed) => void; reject(error: Error): void }

function refusedWhenOver<T>(said: T, fate: Fate): T {
  const query = said as Handed | null
  if (typeof query?.handler !== 'function') return said
  const { handler } = query
  query.handler = (self) =>
    fate.isOver
      ? self.reject(Object.assign(new Error('the transaction is over'), { code: 'CONNECTION_CLOSED' }))
      : handler(self)
  return said
}

const never = (): Promise<never> => new Promise(() => {})
