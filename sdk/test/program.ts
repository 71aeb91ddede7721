import { join } from 'node:path'
import { type Outcome, ROOT, type Running, startTalad } from '../../test/process.ts'

// talad-api as a user starts it: a process of its own, from the sources.

export const TALAD_API = join(ROOT, 'sdk', 'talad-api.js')

type Options = { env?: Record<string, string>; cwd?: string; program?: [string, ...string[]] }

/** Starts talad-api with these words. Killed, if it still runs, when the test file ends. */
export const startApi = (
  words: string[],
  { env = {}, cwd, program = [process.execPath, TALAD_API] }: Options = {},
): Running => startTalad(words, { env, program, ...(cwd && { cwd }) })

/** Runs talad-api to its end. */
export const api = (words: string[], options: Options = {}): Promise<Outcome> => startApi(words, options).ended
