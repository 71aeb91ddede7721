// npm test takes samples, so that it ends within minutes. npm run test:thorough runs all cases of the test files that
// import this file, and the slow files (test/run.ts).

export const isThorough = process.env.THOROUGH === '1'

/** Options of a slow test or suite that resembles one that npm test runs. npm test skips it. */
export const onlyThorough = { skip: isThorough ? false : 'npm run test:thorough runs it' }

/** Options of a test or suite that npm test runs completely. npm run test:thorough skips it. */
export const onlyOnce = { skip: isThorough ? 'npm test runs it' : false }

/**
 * Returns a number of cases: a sample, the number for CI, or the value of this environment variable for a long run by hand.
 */
export const howMany = (variable: string, sample: number, thorough: number): number =>
  Number(process.env[variable] ?? (isThorough ? thorough : sample))

/**
 * Returns whether npm test runs a combination of cases. It runs one of `oneIn` combinations, chosen by the sum of the
 * positions in the lists, so that every case of each list is in at least one of them.
 */
export const isSampled = (oneIn: number, ...places: number[]): boolean =>
  isThorough || places.reduce((sum, place) => sum + place) % oneIn === 0
