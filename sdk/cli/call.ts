import { readFileSync } from 'node:fs'
import type { Page } from '../src/answers.ts'
import type { SendOperation } from '../src/connection.ts'
import { OPERATIONS } from '../src/generated/operations.ts'
import { feedOf, followed, pagesOf } from '../src/lists.ts'
import type { Asked, Operation } from '../src/operation.ts'
import type { OptionFlag, Words } from './arguments.ts'
import { chosenCredentials, chosenRetries, senderOf } from './client.ts'
import { CALLING, type Command, type CommandOption, type Task } from './command.ts'
import { CommandFailure, UsageMistake } from './exit.ts'
import { formatFor, printerTo, printObject } from './print.ts'
import { progressOn } from './progress.ts'
import type { Row } from './table.ts'
import type { World } from './world.ts'

// Builds one command per operation from the OpenAPI document.

const OUTPUT: OptionFlag = {
  flag: 'output',
  value: '<table|ndjson>',
  about: 'Output format; by default a table on a terminal, otherwise NDJSON',
}
const COLUMNS: OptionFlag = { flag: 'columns', value: '<names>', about: 'Show only these fields, separated by commas' }
const ALL: OptionFlag = { flag: 'all', value: null, about: 'Read all pages; without it, one page' }
const QUIET: OptionFlag = { flag: 'quiet', value: null, about: 'Show no progress on standard error' }
const BODY: OptionFlag = {
  flag: 'body',
  value: '<json>',
  about: 'Request body as JSON; @file reads a file, - reads standard input',
}

const isWalked = ({ shape }: Command): boolean => shape === 'page' || shape === 'feed'

/** Returns the command of an operation; for a feed also a `follow` command. */
export function tasksOf(command: Command): Task[] {
  const operation = OPERATIONS.find(({ id }) => id === command.operation) as Operation
  const call = taskOf(command, command.words, command.summary, command.options, (world, words) =>
    callOnce(world, words, command, operation),
  )
  if (command.shape !== 'feed') return [call]
  const words = [command.words[0] ?? '', 'follow']
  const options = command.options.filter(({ name }) => name !== 'limit')
  const summary = `${command.summary}, and wait for new ones until interrupted`
  const follow = taskOf(command, words, summary, options, (world, given) =>
    followFeed(world, given, command, operation),
  )
  return [
    call,
    {
      ...follow,
      flags: follow.flags.filter(({ flag }) => flag !== 'all'),
      examples: [`talad-api ${words.join(' ')} --after latest`],
    },
  ]
}

function taskOf(command: Command, words: string[], summary: string, options: CommandOption[], run: Task['run']): Task {
  const { about, scope, params, shape } = command
  const hasBody = options.some(({ place }) => place === 'body')
  const flags = [
    ...options.map(flagOf),
    ...(hasBody ? [BODY] : []),
    ...(isWalked(command) ? [ALL] : []),
    ...(shape === 'empty' ? [] : [OUTPUT, COLUMNS]),
    ...(isWalked(command) ? [QUIET] : []),
    ...CALLING,
  ]
  const name = ['talad-api', ...words, ...params.map(({ name }) => `<${name}>`)].join(' ')
  return {
    words,
    summary,
    about: [...(about ? [about] : []), ...(scope ? [`Requires the scope ${scope}.`] : [])],
    params,
    flags,
    examples: isWalked(command) ? [`${name} --all > ${command.words[0]}.ndjson`] : [],
    run,
  }
}

const flagOf = ({ flag, kind, isList, isRequired, choices, about }: CommandOption): OptionFlag => ({
  flag,
  value: `<${choices.length > 0 && choices.length < 4 ? choices.join('|') : { text: 'text', number: 'number', flag: 'true|false', json: 'json' }[kind]}>`,
  ...(kind === 'flag' && { bare: 'true' }),
  isList,
  about: `${about}${choices.length >= 4 ? `: ${choices.join(', ')}` : ''}${isRequired ? ' (required)' : ''}`,
})

async function callOnce(world: World, words: Words, command: Command, operation: Operation): Promise<void> {
  const { asked, format, chosen, send } = await prepared(world, words, command)
  const call = { signal: world.signal }
  if (command.shape === 'page' || command.shape === 'feed')
    return walk(world, words, command, { operation, asked, send })
  const answer = await send<unknown>(operation, asked, call)
  if (command.shape === 'empty') return world.err.write('Done.\n')
  if (command.shape !== 'list') return printObject(world, answer as Row, format, chosen)
  const printer = printerTo(world, format, command.columns, chosen)
  await printer.rows(answer as Row[])
  await printer.end()
}

/** Prints one page, or all pages with `--all`. */
async function walk(
  world: World,
  { given }: Words,
  command: Command,
  { operation, asked, send }: { operation: Operation; asked: Asked; send: SendOperation },
): Promise<void> {
  const list = (command.shape === 'feed' ? feedOf<Row> : pagesOf<Row>)(send, operation, asked, { signal: world.signal })
  const printer = printerOf(world, given, command)
  if (!given.has('all')) {
    const page = await list.page()
    await printer.rows(page.data)
    await printer.end()
    await reportMore(world, page.pagination as Page<Row>['pagination'] & { next_after?: number })
    return
  }
  // When rows go to a terminal, they show the progress themselves.
  const progress = given.has('quiet') || world.out.isTerminal ? null : progressOn(world.err, command.words.join(' '))
  try {
    for await (const { data } of list.pages()) {
      await printer.rows(data)
      progress?.add(data.length)
    }
  } finally {
    await progress?.end()
  }
  await printer.end()
}

async function reportMore(
  world: World,
  { has_more, next_cursor, next_after }: { has_more: boolean; next_cursor?: string | null; next_after?: number },
): Promise<void> {
  if (!has_more) return
  const next = next_after === undefined ? `--cursor ${next_cursor}` : `--after ${next_after}`
  await world.err.write(`More rows: use --all for all pages, or ${next} for the next page.\n`)
}

async function followFeed(world: World, words: Words, command: Command, operation: Operation): Promise<void> {
  const { asked, send } = await prepared(world, words, command)
  const printer = printerOf(world, words.given, command)
  const onTrouble = (error: Error, waitMs: number) => {
    if (!words.given.has('quiet')) void world.err.write(`${error.message}: retrying in ${Math.ceil(waitMs / 1000)} s\n`)
  }
  for await (const { data } of followed<Row>(send, operation, asked, { signal: world.signal, onTrouble }).pages())
    await printer.rows(data)
}

const printerOf = (world: World, given: Words['given'], command: Command) =>
  printerTo(world, formatFor(world, given.get('output')?.[0]), command.columns, chosenOf(given, command))

async function prepared(world: World, { plain, given }: Words, command: Command) {
  const format = formatFor(world, oneOf(given, 'output', ['table', 'ndjson']))
  const chosen = chosenOf(given, command)
  const { query, body } = await valuesOf(world, given, command)
  const send = senderOf(world, chosenCredentials(world, given), chosenRetries(given))
  return { asked: { path: plain, query, body }, format, chosen, send }
}

function oneOf(given: Words['given'], flag: string, choices: string[]): string | undefined {
  const value = given.get(flag)?.[0]
  if (value !== undefined && !choices.includes(value))
    throw new UsageMistake(`--${flag} must be ${choices.join(' or ')}.`)
  return value
}

function chosenOf(given: Words['given'], { columns }: Command): string[] | null {
  const names = given
    .get('columns')?.[0]
    ?.split(',')
    .map((name) => name.trim())
  const unknown = names?.find((name) => columns.length > 0 && !columns.includes(name))
  if (unknown !== undefined)
    throw new UsageMistake(`--columns: unknown field ${unknown}; known fields: ${columns.join(', ')}.`)
  return names ?? null
}

/** Returns query and body from the options. @throws UsageMistake before any request is sent */
async function valuesOf(
  world: World,
  given: Words['given'],
  { options }: Command,
): Promise<{ query: Asked['query']; body: Asked['body'] }> {
  const text = given.get('body')?.[0]
  const whole = text === undefined ? {} : bodyOf(text === '-' ? await world.readInput() : text)
  const values = { query: {} as Record<string, unknown>, body: { ...whole } as Record<string, unknown> }
  for (const option of options) {
    const words = given.get(option.flag)
    if (!words) continue
    const read = words.map((word) => valueFrom(option, word))
    values[option.place][option.name] = option.isList ? read : read[0]
  }
  const missing = options.filter(({ isRequired, place, name }) => isRequired && !(name in values[place]))
  if (missing.length > 0)
    throw new UsageMistake(
      `${missing.map(({ flag }) => `--${flag}`).join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing.`,
    )
  return values
}

function valueFrom({ flag, kind, choices }: CommandOption, word: string): unknown {
  if (choices.length > 0 && !choices.includes(word))
    throw new UsageMistake(`--${flag} must be ${choices.length > 1 ? 'one of ' : ''}${choices.join(', ')}.`)
  if (kind === 'flag') {
    if (word !== 'true' && word !== 'false') throw new UsageMistake(`--${flag} must be true or false.`)
    return word === 'true'
  }
  if (kind === 'number') {
    if (!/^-?\d{1,15}$/.test(word)) throw new UsageMistake(`--${flag} must be a whole number.`)
    return Number(word)
  }
  return kind === 'json' ? jsonOf(word, `--${flag}`) : word
}

function bodyOf(text: string): Record<string, unknown> {
  const body = jsonOf(text.startsWith('@') ? fileText(text.slice(1)) : text, '--body')
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new UsageMistake('--body must be a JSON object.')
  return body as Record<string, unknown>
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new CommandFailure(`Cannot read ${path}: ${(error as Error).message}.`)
  }
}

function jsonOf(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageMistake(`${where} is not valid JSON.`)
  }
}
