import type { Database, Runner } from '../database.ts'

// Handles a connection that is lost within a transaction. The driver (postgres.js 3.4.9, `begin` in index.js) rejects the
// transaction at once, but code within it may still send statements, and so may the driver's own `rollback`. The driver then
// writes to a closed socket, where no code can catch the error, and the process ends. So after a loss nothing is sent: every
// statement is refused, and the promise that the driver awaits before commit or rollback never settles.

type Transaction = Extract<Runner, { savepoint: unknown }>
type TransactionWork<T> = (tx: Transaction) => T | Promise<T>
type Begin = Database['begin']

/** Wraps the driver's `begin` so that losing its connection ends only the transaction. */
export function beginSafely(begin: Begin): Begin {
  const beginWith = (...words: [TransactionWork<unknown>] | [string, TransactionWork<unknown>]) => {
    const fate = { isOver: false }
    const safely = (tx: Transaction) => inside(tx, words.at(-1) as TransactionWork<unknown>, fate)
    const done = words.length === 1 ? begin(safely) : begin(words[0], safely)
    const end = () => {
      fate.isOver = true
    }
    done.then(end, end)
    return done
  }
  return beginWith as Begin
}

/** Whether the transaction has ended, unknown to its work. */
type TransactionState = { isOver: boolean }

async function inside<T>(tx: Transaction, work: TransactionWork<T>, fate: TransactionState): Promise<T> {
  try {
    const result = await work(watched(tx, fate))
    return fate.isOver ? await never() : result
  } catch (error) {
    // A loss first rejects the statement, and at the same moment the transaction.
    await new Promise(setImmediate)
    if (fate.isOver) return await never()
    throw error
  }
}

/** Refuses all statements of a transaction and its savepoints after its end. */
const watched = (tx: Transaction, fate: TransactionState): Transaction =>
  new Proxy(tx, {
    apply: (target, self, words) => refusedWhenOver(Reflect.apply(target, self, words), fate),
    get(target, name) {
      // Calls of `unsafe` are watched like tagged templates.
      if (name === 'unsafe')
        return (...words: Parameters<typeof tx.unsafe>) => refusedWhenOver(target.unsafe(...words), fate)
      if (name === 'savepoint')
        return (first: string | TransactionWork<unknown>, second?: TransactionWork<unknown>) =>
          typeof first === 'string'
            ? target.savepoint(first, (inner) => inside(inner, second as TransactionWork<unknown>, fate))
            : target.savepoint((inner) => inside(inner, first, fate))
      return Reflect.get(target, name)
    },
  })

/** A query that the driver sends to a connection. Only full queries have a handler; fragments and helpers have none. */
type Handed = { handler?: (query: Handed) => void; reject(error: Error): void }

function refusedWhenOver<T>(said: T, fate: TransactionState): T {
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
