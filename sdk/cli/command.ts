import type { Operation } from '../src/operation.ts'

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
