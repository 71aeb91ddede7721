import { readFileSync } from 'node:fs'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'

// What the figures of a run depend on beside the code: ratios of two programs differ between processors, because one of
// them spends its time in JavaScript and the other in PostgreSQL, and between a quiet machine and a busy one.

/** The processors, the kernel and what it is set to, in one line. */
export function machine(): string {
  const [first] = cpus()
  const parts = [
    `${cpus().length} × ${first?.model.trim()}${identity()}`,
    `${first?.speed} MHz`,
    ...caches(),
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${platform()} ${release()} ${arch()}`,
    `huge pages ${chosen('/sys/kernel/mm/transparent_hugepage/enabled')}`,
    `Node ${process.version}`,
  ]
  return parts.join(', ')
}

/** Family, model and stepping: hypervisors give processors of different speed the same name. */
function identity(): string {
  const text = read('/proc/cpuinfo')
  const numbers = ['cpu family', 'model', 'stepping'].map(
    (name) => new RegExp(`^${name}\\s*: (\\S+)`, 'm').exec(text)?.[1],
  )
  return numbers.every((number) => number !== undefined) ? ` (${numbers.join('/')})` : ''
}

function caches(): string[] {
  const sizes = [0, 1, 2, 3].map((index) => {
    const folder = `/sys/devices/system/cpu/cpu0/cache/index${index}`
    const [level, type, size] = ['level', 'type', 'size'].map((name) => read(`${folder}/${name}`).trim())
    return size ? `L${level}${type === 'Unified' ? '' : (type?.[0]?.toLowerCase() ?? '')} ${size}` : null
  })
  return sizes.filter((size) => size !== null)
}

/** The one in brackets of a kernel's setting. */
const chosen = (path: string): string => /\[(\w+)\]/.exec(read(path))?.[1] ?? 'unknown'

/** Time of all processors since the start of the system, in ticks: all of it, what others took (steal), and idle time. */
type Ticks = { all: number; steal: number; idle: number }

function ticks(): Ticks {
  const numbers = /^cpu +(.*)$/m.exec(read('/proc/stat'))?.[1]?.split(' ').map(Number) ?? []
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0] = numbers
  return { all: user + nice + system + idle + wait + irq + softirq + steal, steal, idle: idle + wait }
}

/**
 * Begins to watch what else the machine does.
 *
 * @returns a function that says, in one line, the load before and after, and how much of the processors' time the
 *   hypervisor gave to others (steal) or nobody used (idle)
 */
export function watchMachine(): () => string {
  const before = ticks()
  const [load = 0] = loadavg()
  return () => {
    const after = ticks()
    const all = Math.max(1, after.all - before.all)
    const share = (name: 'steal' | 'idle') => `${Math.round((100 * (after[name] - before[name])) / all)} %`
    return `load ${load.toFixed(1)} before, ${loadavg()[0]?.toFixed(1)} after; steal ${share('steal')}, idle ${share('idle')}`
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
