import { isIPv6 } from 'node:net'
import type { Config } from '../../config.ts'
import type { DemoFile } from '../../demo/demo.ts'
import { CONSOLE_PATH } from '../../http/site/console_app.ts'
import { SITE_PATH } from '../../http/site/site.ts'
import { print, printTable } from './terminal.ts'

/** Returns the URL at which this machine reaches the server. */
export function localUrl(host: string, port: number): string {
  // Browsers cannot open the wildcard address.
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${isIPv6(name) ? `[${name}]` : name}:${port}`
}

/**
 * Prints the address. After the creation of the demo it also prints the credentials and a command that shows a customer.
 * Later starts only name the file of the credentials, because output often ends up in log files.
 */
export function welcome(
  address: string,
  { dataDir, site, console }: Config,
  demo: DemoFile | null,
  isNew: boolean,
): void {
  print(`\nTalad listens on ${address}`)
  if (console) print(`Console: ${address}${CONSOLE_PATH}`)
  if (site) print(`For developers: ${address}${SITE_PATH}`)
  if (demo && !isNew)
    print(
      `\nDemo: ${demo.business.name}. Its applications, their secrets and the login of the console are in ${dataDir}/demo.json`,
    )
  if (demo && isNew) {
    showCredentials(dataDir, demo)
    const all = demo.applications.find(({ name }) => name === 'all')
    if (all) print(`\nPaste this into another terminal:\n\n${curlLine(demo.base_url, all)}`)
  }
  print('\nCtrl-C stops.')
}

/** Prints the applications of the demo with their secrets. */
export function showCredentials(dataDir: string, { business, applications, console: signIn }: DemoFile): void {
  print(`\nDemo: ${business.name}. Its applications (also in ${dataDir}/demo.json):\n`)
  printTable(applications.map(({ name, client_id, client_secret }) => ({ name, client_id, client_secret })))
  if (signIn) print(`\nConsole: ${signIn.url}\n  ${signIn.email}\n  ${signIn.password}`)
}

/** Returns a command line for shells with $( ): gets a token, and reads the customer of the documentation with it. */
function curlLine(baseUrl: string, { client_id, client_secret }: { client_id: string; client_secret: string }): string {
  const api = `${baseUrl}/api/partner/v1`
  const form = `-d grant_type=client_credentials -d client_id=${client_id} -d client_secret=${client_secret}`
  const token = `$(curl -s ${api}/oauth/token ${form} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`
  return `curl -s "${api}/customers?q=CUS-000380" -H "Authorization: Bearer ${token}" -w '\\n'`
}
