import type { Command, CommanderError } from 'commander'
import { STATEMENT_MAX_LENGTH } from '../../limits.ts'

// Turns mistakes in a command line into one sentence. Commander finds them, but its own messages name neither the command
// nor a remedy.

/** A mistake in a command line: its message is printed, and the exit code is 2. */
export class UsageMistake extends Error {}

/** Returns the message for a mistake that commander found. */
export function usageMistake(command: Command, { code, message }: CommanderError): UsageMistake {
  const path = pathOf(command)
  const help = `${path} --help shows the usage`
  const quoted = /'([^']*)'/.exec(message)?.[1] ?? ''
  const near = /\(Did you mean (?:one of )?(.*)\?\)/s.exec(message)?.[1]
  switch (code) {
    case 'commander.unknownCommand': {
      // Without hidden commands.
      const shown = command.createHelp().visibleCommands(command)
      const names = shown.map((child) => child.name()).filter((name) => name !== 'help')
      const known = names.join(', ')
      return new UsageMistake(
        `Unknown command ${path} ${quoted}; ${near ? `did you mean ${near}?` : `the commands are ${known}.`}`,
      )
    }
    case 'commander.unknownOption':
      return new UsageMistake(`Unknown option ${quoted}; ${near ? `did you mean ${near}?` : `${help}.`}`)
    case 'commander.missingMandatoryOptionValue':
      return new UsageMistake(`${quoted} is missing: ${help}.`)
    case 'commander.missingArgument':
      return new UsageMistake(`<${quoted}> is missing: ${help}.`)
    case 'commander.optionMissingArgument':
      return new UsageMistake(`${quoted} needs a value: ${help}.`)
    case 'commander.excessArguments':
      return new UsageMistake(`Too many arguments for ${path}: put quotes around a name with spaces (${help}).`)
    case 'commander.conflictingOption': {
      const [one, other] = [...message.matchAll(/'(--[\w-]+)/g)].map(([, flag]) => flag)
      return new UsageMistake(`${one} and ${other} cannot be used together.`)
    }
    default:
      return new UsageMistake(`${message.replace(/^error: /, '')} (${help})`)
  }
}

/** Returns the full name of a command, such as `talad app create`. */
function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
}

/** Formats examples for the end of a help text; each line can be pasted. */
export const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`

/** Returns a parser for a short text, such as a purpose or a reason. */
export const oneLine = (flag: string) => (text: string) => {
  const value = text.trim()
  if (value.length >= 1 && value.length <= STATEMENT_MAX_LENGTH && !/\p{Cc}/u.test(value)) return value
  throw new UsageMistake(`${flag} must be one line of 1 to ${STATEMENT_MAX_LENGTH} characters.`)
}
