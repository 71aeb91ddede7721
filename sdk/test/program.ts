import { join } from 'node:path'
import { type ProcessOutcome, ROOT, type RunningProcess, startTalad } from '../../test/process.ts'

// Runs talad-api as a separate process, from the sources.

export const TALAD_API = join(ROOT, 'sdk', 'talad-api.js')

type ApiOptions = { env?: Record<string, string>; cwd?: string; program?: [string, ...string[]] }

/** Starts talad-api with these arguments. The end of the test file kills it. */
export const startApi = (
  words: string[],
  { env = {}, cwd, program = [process.execPath, TALAD_API] }: ApiOptions = {},
): RunningProcess => startTalad(words, { env, program, ...(cwd && { cwd }) })

/** Runs talad-api until it exits. */
export const api = (words: string[], options: ApiOptions = {}): Promise<ProcessOutcome> =>
  startApi(words, options).ended
