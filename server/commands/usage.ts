import type { Command, CommanderError } from 'commander'
import { distance } from 'fastest-levenshtein'

// What is wrong with a command line, in one sentence. Commander finds it; its own words name neither the command nor
// the way out.

/** A command line that cannot be meant: printed as it is, exit code 2. */
export class UsageMistake extends Error {}

/** The sentence for a mistake that commander found in the words of this command. */
export function usageMistake(command: Command, { code, message }: CommanderError): UsageMistake {
  const path = pathOf(command)
  const help = `${path} --help shows what it takes`
  const quoted = /'([^']*)'/.exec(message)?.[1] ?? ''
  const near = /\(Did you mean (?:one of )?(.*)\?\)/s.exec(message)?.[1]
  switch (code) {
    case 'commander.unknownCommand': {
      const known = command.commands.map((child) => child.name()).join(', ')
      return new UsageMistake(
        `There is no command ${path} ${quoted}; ${near ? `did you mean ${near}?` : `there are ${known}.`}`,
      )
    }
    case 'commander.unknownOption':
      return new UsageMistake(`There is no option ${quoted}; ${near ? `did you mean ${near}?` : `${help}.`}`)
    case 'commander.missingMandatoryOptionValue':
      return new UsageMistake(`${quoted} is missing: ${help}.`)
    case 'commander.missingArgument':
      return new UsageMistake(`<${quoted}> is missing: ${help}.`)
    case 'commander.optionMissingArgument':
      return new UsageMistake(`${quoted} needs a value: ${help}.`)
    case 'commander.excessArguments':
      return new UsageMistake(`Too many words for ${path}: put quotes around a name that has spaces (${help}).`)
    case 'commander.conflictingOption': {
      const [one, other] = [...message.matchAll(/'(--[\w-]+)/g)].map(([, flag]) => flag)
      return new UsageMistake(`${one} and ${other} exclude each other.`)
    }
    default:
      return new UsageMistake(`${message.replace(/^error: /, '')} (${help})`)
  }
}

/** `talad app create` for the command create of the command app. */
function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
}

/** The known word that is closest to this one, if it is close enough to have been meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known.map((name) => ({ name, edits: distance(word, name) })).sort((a, b) => a.edits - b.edits)
  return best && best.edits <= Math.max(2, best.name.length / 3) ? best.name : undefined
}

/** The end of a command's help: lines that can be pasted. */
export const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`
