import {
  CamelCasePlugin,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely'
import { sendStatement } from './connection/readers.ts'
import type { Database } from './database.ts'

/**
 * Returns a query builder for a library that needs one with a connection. Every statement runs by itself on the pool: there
 * are no transactions. Names are snake_case in the database and camelCase for the library.
 */
export const queriesOn = (db: Database): Kysely<unknown> =>
  new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driverOn(db),
      createIntrospector: (kysely) => new PostgresIntrospector(kysely),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    plugins: [new CamelCasePlugin()],
  })

function driverOn(db: Database): Driver {
  const refuse = async () => {
    throw new Error('transactions are not supported here')
  }
  return {
    init: async () => {},
    acquireConnection: async () => ({
      async executeQuery<Row>({ sql, parameters }: { sql: string; parameters: readonly unknown[] }) {
        const result = await sendStatement(db, { sql, parameters })
        return { rows: [...result] as Row[], numAffectedRows: BigInt(result.count ?? 0) }
      },
      // biome-ignore lint/correctness/useYield: the interface demands a generator
      async *streamQuery() {
        await refuse()
      },
    }),
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    releaseConnection: async () => {},
    destroy: async () => {},
  }
}
