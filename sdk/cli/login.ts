import { clientOf, senderOf } from './client.ts'
import type { Task } from './command.ts'
import { DEFAULT_PROFILE, forgetCredentials, keepCredentials, profilesOf } from './credentials.ts'
import { EXIT, Failure, UsageMistake } from './exit.ts'
import { printRows } from './print.ts'
import type { World } from './world.ts'

const PROFILE = {
  flag: 'profile',
  value: '<name>',
  about: `the name to keep them under; "${DEFAULT_PROFILE}" unless said otherwise`,
}

export const login: Task = {
  words: ['login'],
  summary: 'Keep the credentials of an application for the commands that follow',
  about: [
    'Asks for what was not given, tries the credentials, and keeps them if the server takes them: in a file of your configuration folder that only you can read. The secret is not shown, and cannot be given as an option, where other users of the machine would see it.',
  ],
  params: [],
  flags: [
    PROFILE,
    { flag: 'base-url', value: '<url>', about: "the server's address, such as https://api.example.com" },
    { flag: 'client-id', value: '<id>', about: 'the Client ID of the application' },
    { flag: 'secret-stdin', value: null, about: 'read the Client Secret from standard input, instead of asking' },
  ],
  examples: [
    'talad-api login',
    'talad-api login --profile shop2 --base-url https://api.example.com --client-id talad_… --secret-stdin < secret.txt',
  ],
  async run(world, { given }) {
    const profile = given.get('profile')?.[0] ?? DEFAULT_PROFILE
    const base_url = given.get('base-url')?.[0] ?? (await answerTo(world, 'Address of the server: ', '--base-url'))
    const client_id = given.get('client-id')?.[0] ?? (await answerTo(world, 'Client ID: ', '--client-id'))
    const client_secret = given.has('secret-stdin')
      ? (await world.readInput()).trim()
      : await answerTo(world, 'Client Secret (not shown): ', '--secret-stdin', true)
    if (!/^https?:\/\/[^/]/.test(base_url)) throw new UsageMistake('The address begins with https:// (or http://).')
    if (!/^https:|^http:\/\/(localhost|127\.|\[::1\])/.test(base_url))
      await world.err.write('This address is not https: the secret will travel where others can read it.\n')
    if (client_secret === '') throw new Failure('The secret is empty.', EXIT.usage)
    const credentials = { base_url: base_url.replace(/\/+$/, ''), client_id, client_secret }
    const { application, business, scopes } = await clientOf(senderOf(world, credentials)).me.get({
      signal: world.signal,
    })
    const file = keepCredentials(world, profile, credentials)
    await world.err.write(
      `Logged in as ${application.name}, which reads ${business.name} (${scopes.join(', ')}).\nKept in ${file}.\n`,
    )
  },
}

export const logout: Task = {
  words: ['logout'],
  summary: 'Forget the credentials that login kept',
  about: [],
  params: [],
  flags: [{ ...PROFILE, about: `which; "${DEFAULT_PROFILE}" unless said otherwise` }],
  examples: ['talad-api logout --profile shop2'],
  async run(world, { given }) {
    const profile = given.get('profile')?.[0] ?? DEFAULT_PROFILE
    if (!forgetCredentials(world, profile)) throw new Failure(`There are no credentials for the profile ${profile}.`)
    await world.err.write(`Forgotten: ${profile}.\n`)
  },
}

export const profiles: Task = {
  words: ['profiles'],
  summary: 'List the profiles that login kept, without their secrets',
  about: [],
  params: [],
  flags: [],
  examples: [],
  run: (world) => printRows(world, profilesOf(world), ['profile', 'base_url', 'client_id']),
}

async function answerTo(world: World, question: string, flag: string, isSecret = false): Promise<string> {
  const answer = await world.ask(question, isSecret)
  if (answer === null) throw new UsageMistake(`Nobody can be asked here: give ${flag}.`)
  return answer.trim()
}
