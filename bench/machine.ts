import { readFileSync } from 'node:fs'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'

// Facts about the machine that affect the results besides the code. Ratios of two programs differ between processors,
// because one spends its time in JavaScript and the other in PostgreSQL, and between an idle and a busy machine.

/** Describes the processors and the kernel settings in one line. */
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

/** Returns family, model and stepping: hypervisors give processors of different speed the same name. */
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

/** Returns the selected value of a kernel setting, which is in brackets. */
const chosen = (path: string): string => /\[(\w+)\]/.exec(read(path))?.[1] ?? 'unknown'

/** Returns the ticks of all processors since the start of the system: total, taken by the hypervisor (steal), and idle. */
type Ticks = { all: number; steal: number; idle: number }

function ticks(): Ticks {
  const numbers = /^cpu +(.*)$/m.exec(read('/proc/stat'))?.[1]?.split(' ').map(Number) ?? []
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0] = numbers
  return { all: user + nice + system + idle + wait + irq + softirq + steal, steal, idle: idle + wait }
}

/**
 * Starts to observe the load of the machine.
 *
 * @returns a function that returns one line: the load before and after, and the shares of steal and idle time
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
