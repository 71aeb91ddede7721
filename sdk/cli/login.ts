import { clientOf, senderOf } from './client.ts'
import type { Task } from './command.ts'
import { DEFAULT_PROFILE, forgetCredentials, keepCredentials, profilesOf } from './credentials.ts'
import { CommandFailure, EXIT, UsageMistake } from './exit.ts'
import { printRows } from './print.ts'
import type { World } from './world.ts'

const PROFILE = {
  flag: 'profile',
  value: '<name>',
  about: `Name of the profile. Default: "${DEFAULT_PROFILE}"`,
}

export const login: Task = {
  words: ['login'],
  summary: 'Store the credentials of an application for later commands',
  about: [
    'Asks for missing values, checks the credentials with the server, and stores them in a file in your configuration folder that only you can read. The secret is not shown while you type. It cannot be an option, because other users of the machine can see command lines.',
  ],
  params: [],
  flags: [
    PROFILE,
    { flag: 'base-url', value: '<url>', about: 'Base URL of the server, such as https://api.example.com' },
    { flag: 'client-id', value: '<id>', about: 'Client ID of the application' },
    { flag: 'secret-stdin', value: null, about: 'Read the client secret from standard input instead of asking' },
  ],
  examples: [
    'talad-api login',
    'talad-api login --profile shop2 --base-url https://api.example.com --client-id talad_… --secret-stdin < secret.txt',
  ],
  async run(world, { given }) {
    const profile = given.get('profile')?.[0] ?? DEFAULT_PROFILE
    const base_url = given.get('base-url')?.[0] ?? (await answerTo(world, 'Base URL of the server: ', '--base-url'))
    const client_id = given.get('client-id')?.[0] ?? (await answerTo(world, 'Client ID: ', '--client-id'))
    const client_secret = given.has('secret-stdin')
      ? (await world.readInput()).trim()
      : await answerTo(world, 'Client Secret (not shown): ', '--secret-stdin', true)
    if (!/^https?:\/\/[^/]/.test(base_url)) throw new UsageMistake('--base-url must start with https:// (or http://).')
    if (!/^https:|^http:\/\/(localhost|127\.|\[::1\])/.test(base_url))
      await world.err.write('This URL is not https: others can read the secret on the network.\n')
    if (client_secret === '') throw new CommandFailure('The client secret is empty.', EXIT.usage)
    const credentials = { base_url: base_url.replace(/\/+$/, ''), client_id, client_secret }
    const { application, business, scopes } = await clientOf(senderOf(world, credentials)).me.get({
      signal: world.signal,
    })
    const file = keepCredentials(world, profile, credentials)
    await world.err.write(
      `Logged in as ${application.name} with access to ${business.name} (${scopes.join(', ')}).\nCredentials stored in ${file}.\n`,
    )
  },
}

export const logout: Task = {
  words: ['logout'],
  summary: 'Delete the stored credentials of a profile',
  about: [],
  params: [],
  flags: [{ ...PROFILE, about: `Name of the profile. Default: "${DEFAULT_PROFILE}"` }],
  examples: ['talad-api logout --profile shop2'],
  async run(world, { given }) {
    const profile = given.get('profile')?.[0] ?? DEFAULT_PROFILE
    if (!forgetCredentials(world, profile))
      throw new CommandFailure(`No credentials stored for the profile ${profile}.`)
    await world.err.write(`Deleted the credentials of the profile ${profile}.\n`)
  },
}

export const profiles: Task = {
  words: ['profiles'],
  summary: 'List the stored profiles, without secrets',
  about: [],
  params: [],
  flags: [],
  examples: [],
  run: (world) => printRows(world, profilesOf(world), ['profile', 'base_url', 'client_id']),
}

async function answerTo(world: World, question: string, flag: string, isSecret = false): Promise<string> {
  const answer = await world.ask(question, isSecret)
  if (answer === null) throw new UsageMistake(`No terminal to ask for input: use ${flag}.`)
  return answer.trim()
}
