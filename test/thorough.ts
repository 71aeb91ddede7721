// npm test takes samples, so that it ends within two minutes. npm run test:thorough runs all cases. Its file list is every
// test file that imports this one (package.json).

export const isThorough = process.env.THOROUGH === '1'

/** Options of a test or suite that npm test leaves out: slow, and close to one that npm test runs. */
export const onlyThorough = { skip: isThorough ? false : 'npm run test:thorough runs it' }

/** Options of a test or suite that takes no sample, in a file with others that do. npm run test:thorough leaves it out. */
export const onlyOnce = { skip: isThorough ? 'npm test runs it' : false }

/**
 * Returns a number of cases: a sample, the number for CI, or the value of this environment variable for a long run by hand.
 */
export const howMany = (variable: string, sample: number, thorough: number): number =>
  Number(process.env[variable] ?? (isThorough ? thorough : sample))

/**
 * Whether npm test tries a combination of cases: one of `oneIn`. The sum of the places in the lists decides, so that every
 * case of each list is in some combination.
 */
export const isSampled = (oneIn: number, ...places: number[]): boolean =>
  isThorough || places.reduce((sum, place) => sum + place) % oneIn === 0
