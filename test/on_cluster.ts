import { resources } from '../server/api/index.ts'
import { migrate } from '../server/db/schema/migrate.ts'
import { storedText } from '../server/rows/stored_json.ts'
import { newDatabase, testDatabase } from './database.ts'

// The tests run on a cluster if TALAD_TEST_CITUS names its coordinator (CONTRIBUTING.md). All of them hold there:
// test/tidy.test.ts lists the exceptions.

export const isCluster = process.env.TALAD_TEST_CITUS !== undefined

/** Options of a test or suite about a cluster. */
export const onlyOnCluster = { skip: !isCluster && 'TALAD_TEST_CITUS names no coordinator' }

/** Creates a database for a test about a single PostgreSQL: on a cluster, a migrated database without the extension. */
export async function singleDatabase(): ReturnType<typeof newDatabase> {
  if (!isCluster) return await testDatabase()
  const single = await newDatabase({ template: 'template1', isSingle: true })
  await migrate(single.db, resources.flatMap(storedText))
  return single
}
