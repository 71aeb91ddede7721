import type { Operation } from '../src/operation.ts'
import type { OptionFlag, Words } from './arguments.ts'
import type { World } from './world.ts'

/** A command that calls one operation. */
export type Command = {
  /** `membership_tiers.list`. */
  operation: string
  /** `membership-tiers`, `list`. */
  words: string[]
  summary: string
  about: string
  scope: string | null
  shape: Operation['shape']
  /** Required arguments, in order. */
  params: { name: string; about: string }[]
  options: CommandOption[]
  /** Fields of the result. */
  columns: string[]
}

/** An option such as `--is-active true`: one query parameter or one property of the body. */
export type CommandOption = {
  name: string
  flag: string
  place: 'query' | 'body'
  kind: 'text' | 'number' | 'flag' | 'json'
  isList: boolean
  isRequired: boolean
  /** Allowed values; empty if any value is allowed. */
  choices: string[]
  about: string
}

/** A command: arguments, help and action. */
export type Task = {
  words: string[]
  summary: string
  /** Paragraphs after the summary. */
  about: string[]
  /** Required arguments, in order. */
  params: { name: string; about: string }[]
  flags: OptionFlag[]
  examples: string[]
  /** @throws Failure, or an error of the SDK */
  run(world: World, words: Words): Promise<void>
}

/** Options of all commands that call the server. */
export const CALLING: OptionFlag[] = [
  {
    flag: 'retries',
    value: '<number>',
    about: 'Maximum number of retries after temporary failures. Default: 8',
  },
  {
    flag: 'profile',
    value: '<name>',
    about: 'Profile with the credentials. Default: environment variables, or the profile "default"',
  },
]
