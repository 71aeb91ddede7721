// npm test uses samples where more cases would rarely find more; npm run test:thorough runs all cases.

export const isThorough = process.env.THOROUGH === '1'

/**
 * Returns a number of cases: a sample, the number for CI, or the value of this environment variable for a long run by hand.
 */
export const howMany = (variable: string, sample: number, thorough: number): number =>
  Number(process.env[variable] ?? (isThorough ? thorough : sample))
