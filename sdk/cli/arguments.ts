import { UsageMistake } from './exit.ts'

// Parses the arguments of a command.

export type OptionFlag = {
  flag: string
  /** Placeholder of the value in the help; null if the option has no value. */
  value: string | null
  /** Value of the option if none is given; without it a value is required. */
  bare?: string
  isList?: boolean
  about: string
}

export type Words = {
  /** Positional arguments. */
  plain: string[]
  /** Values by flag; several if the flag was repeated. */
  given: Map<string, string[]>
}

/** @throws UsageMistake with one sentence about the error */
export function readWords(words: readonly string[], flags: readonly OptionFlag[], command: string): Words {
  const plain: string[] = []
  const given = new Map<string, string[]>()
  const rest = [...words]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      plain.push(...rest)
      break
    }
    if (!word.startsWith('-') || word === '-') {
      plain.push(word)
      continue
    }
    const [, name = '', , inline] = /^--?([^=]*)(=(.*))?$/s.exec(word === '-h' ? '--help' : word) ?? []
    const flag = flags.find((known) => known.flag === name)
    if (!flag || (!word.startsWith('--') && word !== '-h')) throw unknownOption(word, name, flags, command)
    const values = given.get(name) ?? []
    if (flag.value === null) {
      if (inline !== undefined) throw new UsageMistake(`--${name} does not take a value.`)
      values.push('true')
    } else {
      // A value that looks like an option usually means a forgotten value; `--q=--x` passes one on purpose.
      const isMissing = inline === undefined && (rest[0] === undefined || /^--\w/.test(rest[0]))
      const value = isMissing ? flag.bare : (inline ?? rest.shift())
      if (value === undefined) throw new UsageMistake(`--${name} requires a value: see ${command} --help.`)
      values.push(value)
    }
    if (values.length > 1 && !flag.isList) throw new UsageMistake(`--${name} was given twice.`)
    given.set(name, values)
  }
  return { plain, given }
}

function unknownOption(word: string, name: string, flags: readonly OptionFlag[], command: string): UsageMistake {
  const near = nearest(
    name,
    flags.map(({ flag }) => flag),
  )
  return new UsageMistake(
    `Unknown option ${word.split('=', 1)[0]}; ${near ? `did you mean --${near}?` : `see ${command} --help.`}`,
  )
}

/** Returns the closest known word if it is close enough to be a typing mistake. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known.map((name) => ({ name, edits: editsBetween(word, name) })).toSorted((a, b) => a.edits - b.edits)
  return best && best.edits <= Math.min(2, Math.ceil(best.name.length / 3)) ? best.name : undefined
}

/** Returns the Levenshtein distance. */
function editsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= other.length; j += 1)
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1),
      )
    row = next
  }
  return row[other.length] ?? 0
}
