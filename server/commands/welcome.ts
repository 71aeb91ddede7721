import { isIPv6 } from 'node:net'
import type { Config } from '../config.ts'
import type { DemoFile } from '../demo/demo.ts'
import { SITE_PATH } from '../http/site.ts'
import { print } from './terminal.ts'

/** Where this machine reaches a server that listens there. */
export function localUrl(host: string, port: number): string {
  // "Every address" is none that a browser could open.
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${isIPv6(name) ? `[${name}]` : name}:${port}`
}

/**
 * Prints what a newcomer needs to see first: the address, and of a demo that was just made its credentials and a line that
 * shows a customer. Later starts print where the credentials are: what is printed often ends in a log file.
 */
export function welcome(address: string, { dataDir, site }: Config, demo: DemoFile | null, isNew: boolean): void {
  print(`\nTalad listens on ${address}`)
  if (site) print(`For developers: ${address}${SITE_PATH}`)
  if (demo && !isNew)
    print(`\nDemo: ${demo.business.name}. Its applications and their secrets are in ${dataDir}/demo.json`)
  if (demo && isNew) {
    showCredentials(dataDir, demo)
    const all = demo.applications.find(({ name }) => name === 'all')
    if (all) print(`\nPaste this into another terminal:\n\n${curlLine(demo.base_url, all)}`)
  }
  print('\nCtrl-C stops.')
}

/** The applications of the demo, with their secrets. */
export function showCredentials(dataDir: string, { business, applications }: DemoFile): void {
  print(`\nDemo: ${business.name}. Its applications (also in ${dataDir}/demo.json):\n`)
  const width = Math.max(...applications.map(({ name }) => name.length))
  for (const { name, client_id, client_secret } of applications)
    print(`  ${name.padEnd(width)}  ${client_id}  ${client_secret}`)
}

/** One line for every shell that has $( ): gets a token, and with it the customer of the documentation. */
function curlLine(baseUrl: string, { client_id, client_secret }: { client_id: string; client_secret: string }): string {
  const api = `${baseUrl}/api/partner/v1`
  const form = `-d grant_type=client_credentials -d client_id=${client_id} -d client_secret=${client_secret}`
  const token = `$(curl -s ${api}/oauth/token ${form} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`
  return `curl -s "${api}/customers?q=CUS-000380" -H "Authorization: Bearer ${token}" -w '\\n'`
}
