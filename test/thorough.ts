// npm test looks at a sample where more of the same would hardly find more; npm run test:thorough leaves nothing out.

export const isThorough = process.env.THOROUGH === '1'

/** How many: a sample, or all that CI has time for, or what the variable of this name says, for a long run by hand. */
export const howMany = (variable: string, sample: number, thorough: number): number =>
  Number(process.env[variable] ?? (isThorough ? thorough : sample))
