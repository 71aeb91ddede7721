import { writeFile } from 'node:fs/promises'
import { connect } from '../server/db/database.ts'

// Generates server/db/schema/tables.ts, the types of the tables, from a migrated database: node tools/tables.ts <url>.
// Kysely reads values as text or does not use them, so the types only matter for comparisons.

const TYPES: Record<string, string> = {
  uuid: 'string',
  _uuid: 'string[]',
  text: 'string',
  _text: 'string[]',
  bytea: 'Buffer',
  bool: 'boolean',
  int2: 'number',
  int4: 'number',
  _int4: 'number[]',
  int8: 'string',
  float4: 'number',
  float8: 'number',
  numeric: 'string',
  date: 'string',
  time: 'string',
  timestamptz: 'Date',
  json: 'unknown',
  jsonb: 'unknown',
  xid8: 'string',
}

/** Returns the text of server/db/schema/tables.ts for this database. */
export async function tableTypes(url: string): Promise<string> {
  const db = connect(url, { connections: 1, name: 'tables' })
  try {
    const columns = await db<
      { table_name: string; column_name: string; udt_name: string; is_nullable: 'YES' | 'NO' }[]
    >`
      select table_name, column_name, udt_name, is_nullable from information_schema.columns
      where table_schema = 'public'
        and table_name in (select relname from pg_class where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace)
      order by table_name, ordinal_position`
    const tables = [...Map.groupBy(columns, ({ table_name }) => table_name)].map(([table, rows]) => {
      const lines = rows
        .map(({ column_name, udt_name, is_nullable }) => {
          const type = TYPES[udt_name]
          if (!type)
            throw new Error(`${table}.${column_name}: say in tools/tables.ts what ${udt_name} is in TypeScript`)
          return `    ${column_name}: ${type}${is_nullable === 'YES' ? ' | null' : ''}`
        })
        .sort()
      return `  ${table}: {\n${lines.join('\n')}\n  }`
    })
    return `// Generated from the migrations by tools/tables.ts; test/tables.test.ts compares.\n\n/** All tables with their columns. */\nexport type Tables = {\n${tables.join('\n')}\n}\n`
  } finally {
    await db.end()
  }
}

if (import.meta.main) await writeFile('server/db/schema/tables.ts', await tableTypes(process.argv[2] ?? ''))
