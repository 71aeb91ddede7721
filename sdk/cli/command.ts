import type { Operation } from '../src/operation.ts'
import type { Flag, Words } from './words.ts'
import type { World } from './world.ts'

/** A command that calls one operation, as the document describes it. */
export type Command = {
  /** `membership_tiers.list`. */
  operation: string
  /** `membership-tiers`, `list`. */
  words: string[]
  summary: string
  about: string
  scope: string | null
  shape: Operation['shape']
  /** Words that the command needs, in their order. */
  params: { name: string; about: string }[]
  options: CommandOption[]
  /** The fields of what it shows. */
  columns: string[]
}

/** `--is-active true`: one query parameter, or one property of the body. */
export type CommandOption = {
  name: string
  flag: string
  place: 'query' | 'body'
  kind: 'text' | 'number' | 'flag' | 'json'
  isList: boolean
  isRequired: boolean
  /** The words it can be; empty if it can be any. */
  choices: string[]
  about: string
}

/** A command of any kind: what it takes, how its help reads, and what it does. */
export type Task = {
  words: string[]
  summary: string
  /** Paragraphs below the summary. */
  about: string[]
  /** Words that it needs, in their order. */
  params: { name: string; about: string }[]
  flags: Flag[]
  examples: string[]
  /** @throws Failure, or an error of the SDK */
  run(world: World, words: Words): Promise<void>
}

/** Options of every command that calls the server. */
export const CALLING: Flag[] = [
  {
    flag: 'retries',
    value: '<number>',
    about: 'how often to try again what may pass, such as a server that restarts; 8 unless said otherwise',
  },
  {
    flag: 'profile',
    value: '<name>',
    about: 'whose credentials to use; by default those of the environment, or the profile "default"',
  },
]
