import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

// Detects who started this process. If npm is killed without forwarding the signal, the process that it started must end
// too, or it would keep the port. Plain JavaScript, because an older Node.js runs it too (talad.js).

/** Marks that the channel to the parent process belongs to the launcher. Removed before the configuration is read. */
const LAUNCHED = 'TALAD_LAUNCHED'

/** The environment of a process that this launcher starts, with a channel (`ipc`) between them. */
export const launchedEnvironment = () => ({ ...process.env, [LAUNCHED]: '1' })

/**
 * Turns the death of the launcher, or of npm without a launcher, into a SIGTERM. The kernel closes the launcher's end of the
 * channel, however the launcher died. A server then finishes its running requests; any other command ends.
 */
export function stopWithLauncher() {
  const stop = () => process.kill(process.pid, 'SIGTERM')
  if (process.env[LAUNCHED] === undefined) {
    whenNpmEnds(stop)
    return
  }
  delete process.env[LAUNCHED]
  process.once('disconnect', stop)
  // The channel must not keep the process alive.
  process.channel?.unref()
}

const POLL_MS = 250

/**
 * Calls `onEnd` once if npm (npm start, npm run, npx) started this process and then dies. Without npm it does nothing,
 * because a shell may end before the server that it started. Does not keep the process alive.
 *
 * @param {() => void} onEnd
 */
export function whenNpmEnds(onEnd) {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const shell = isShellOfNpm(parent) ? parent : null
  const above = shell === null ? null : parentOf(shell)
  const timer = setInterval(() => {
    const isThere = process.ppid === parent && (shell === null || above === null || isParent(above, shell))
    if (isThere) return
    clearInterval(timer)
    onEnd()
  }, POLL_MS).unref()
}

/**
 * Returns whether this is the shell that npx starts between itself and the program. npm start replaces it (`exec`), and
 * some shells replace themselves.
 *
 * @param {number} pid
 */
function isShellOfNpm(pid) {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] === '-c'
    return /^\S*sh -c /.test(ps(pid, 'command'))
  } catch {
    return false
  }
}

/**
 * @param {number} pid
 * @returns {number | null} null if it cannot be known
 */
function parentOf(pid) {
  try {
    // After the program's name, which may hold spaces and brackets (proc(5)).
    if (process.platform === 'linux')
      return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1])
    return Number(ps(pid, 'ppid'))
  } catch {
    return null
  }
}

/**
 * Elsewhere than on Linux only whether the process lives: asking `ps` four times a second costs too much.
 *
 * @param {number} parent
 * @param {number} pid
 */
function isParent(parent, pid) {
  if (process.platform === 'linux') return parentOf(pid) === parent
  try {
    return process.kill(parent, 0)
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/**
 * @param {number} pid
 * @param {string} column
 */
const ps = (pid, column) =>
  execFileSync('ps', ['-ww', '-p', String(pid), '-o', `${column}=`], { encoding: 'utf8' }).trim()
