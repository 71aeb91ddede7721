import { run } from './run.ts'
import { processWorld } from './world.ts'

// The only file with effects on import: argv to exit code.

const { world, isInterrupted } = processWorld()
const code = await run(process.argv.slice(2), world)
process.exitCode = isInterrupted() && code !== 0 ? 130 : code
