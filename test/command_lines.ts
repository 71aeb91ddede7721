import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../server/commands/index.ts'

// A process that runs command lines, one after another (test/process.ts starts it). It behaves like separate commands,
// without the start of Node.js, which takes longer than most commands.

export type Lines = { lines: string[][]; env: Record<string, string> }
export type CommandResult = { code: number; stdout: string; stderr: string }[] | { failed: string }

process.on('message', async ({ lines, env }: Lines) => {
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  const answers = await answer(lines).catch((error) => ({ failed: String(error?.stack ?? error) }))
  process.send?.(answers satisfies CommandResult)
})

/**
 * The number of resources that keep this process alive. After a command it must not have grown, or a real command would not
 * exit.
 */
const alive = () => process.getActiveResourcesInfo().length

/** @throws if a command leaves something running. Closing takes a moment, and longer on a busy machine. */
async function ended(words: string[], before: number): Promise<void> {
  for (let waited = 0; alive() > before; waited += 10) {
    if (waited > 20_000) throw new Error(`${words.join(' ')} leaves running: ${process.getActiveResourcesInfo()}`)
    await sleep(10, undefined, { ref: false })
  }
}

async function answer(lines: string[][]): Promise<{ code: number; stdout: string; stderr: string }[]> {
  const answers = []
  for (const words of lines) {
    const before = alive()
    const written = { stdout: '', stderr: '' }
    const restore = (['stdout', 'stderr'] as const).map((name) => {
      const { write } = process[name]
      process[name].write = (text: string | Uint8Array) => {
        written[name] += text
        return true
      }
      return () => {
        process[name].write = write
      }
    })
    try {
      answers.push({ code: await run(words), ...written })
    } finally {
      for (const put of restore) put()
      // The end of a real command takes them along.
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal)
    }
    await ended(words, before)
  }
  return answers
}
