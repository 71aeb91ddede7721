import type { OptionFlag } from './arguments.ts'
import type { Task } from './command.ts'
import { EXIT_CODES } from './exit.ts'
import { fit, width, wrap } from './width.ts'
import type { World } from './world.ts'

// Help texts, generated from the command definitions.

export const PROGRAM = 'talad-api'
const WIDEST = 100

/** Returns the help of one command. */
export function taskHelp({ words, summary, about, params, flags, examples }: Task, world: World): string {
  const room = Math.min(WIDEST, world.out.width)
  const named = params.map(({ name }) => `<${name}>`)
  const usage = [PROGRAM, ...words, ...named, '[options]'].join(' ')
  const listed = [
    ...params.map(({ name, about }) => [`<${name}>`, about] as const),
    ...[...flags, HELP].map(
      (flag) => [signature(flag), `${flag.about}${flag.isList ? ' (can be repeated)' : ''}`] as const,
    ),
  ]
  return [
    ...wrap(`${summary}.`, room),
    ...about.flatMap((paragraph) => ['', ...wrap(paragraph, room)]),
    '',
    `Usage: ${usage}`,
    '',
    ...columns(listed, room),
    ...(examples.length > 0 ? ['', 'Examples:', ...examples.map((example) => `  ${example}`)] : []),
    '',
    EXIT_CODES,
  ].join('\n')
}

/** Returns the list of all commands, or of one group. */
export function listHelp(tasks: Task[], world: World, group: string | null): string {
  const room = Math.min(WIDEST, world.out.width)
  const rows = tasks.map(
    ({ words, params, summary }) => [[...words, ...params.map(({ name }) => `<${name}>`)].join(' '), summary] as const,
  )
  const head = group
    ? `Commands of ${PROGRAM} ${group}:`
    : 'Command line for the Talad Partner API: a command for every operation, and sync for a local copy that stays up to date.'
  return [
    ...wrap(head, room),
    '',
    ...columns(rows, room),
    '',
    ...wrap(
      `${PROGRAM} <command> --help shows the help of a command. Results are tables on a terminal, and NDJSON (one JSON object per line) in a pipe or a file. Progress and errors go to standard error.`,
      room,
    ),
    ...(group
      ? []
      : [
          '',
          'Examples:',
          `  ${PROGRAM} login`,
          `  ${PROGRAM} customers list --is-active true --all > customers.ndjson`,
          `  ${PROGRAM} sync ./copy`,
          '',
          ...wrap('Scripts can set TALAD_BASE_URL, TALAD_CLIENT_ID and TALAD_CLIENT_SECRET instead of login.', room),
        ]),
    '',
    EXIT_CODES,
  ].join('\n')
}

const HELP: OptionFlag = { flag: 'help', value: null, about: 'Show this help' }

const signature = ({ flag, value, bare }: OptionFlag): string =>
  `--${flag}${value === null ? '' : ` ${bare === undefined ? value : value.replace(/^<(.*)>$/, '[$1]')}`}`

function columns(rows: readonly (readonly [string, string])[], room: number): string[] {
  const left = Math.min(36, Math.max(...rows.map(([name]) => width(name))))
  return rows.flatMap(([name, about]) => {
    const [first = '', ...rest] = wrap(about, Math.max(30, room - left - 4))
    const indent = ' '.repeat(left + 4)
    // A name that is too long gets its own line.
    const head = width(name) > left ? [`  ${name}`, `${indent}${first}`] : [`  ${fit(name, left)}  ${first}`]
    return [...head.map((line) => line.trimEnd()), ...rest.map((line) => indent + line)]
  })
}
