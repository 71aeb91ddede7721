import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from '../server/commands/doctor/finding.ts'

// What talad doctor said in the tests of a file, compared with everything that its sources can say.

const DOCTOR = join(import.meta.dirname, '..', 'server', 'commands', 'doctor')
/** Each file with tests, and the sources whose findings it must show. All sources are in one of them. */
const SOURCES = {
  'settings.test.ts': ['settings.ts', 'public_address.ts'],
  'doctor.slow.test.ts': ['doctor.ts', 'server_state.ts', 'stored_rows.ts'],
}

export function collectFindings(file: keyof typeof SOURCES) {
  const said: Finding[] = []
  return { add: (...findings: Finding[]) => said.push(...findings), notes, assertComplete }

  /** Notes one finding, and asserts what it says. */
  function notes(finding: Finding | null, state: Finding['state'], seen: RegExp): void {
    assert.ok(finding)
    said.push(finding)
    assert.deepEqual([finding.state, seen.test(finding.seen)], [state, true], finding.seen)
    assert.equal(finding.remedy === null, state === 'ok' || state === 'unknown', `${finding.check}: ${finding.remedy}`)
  }

  function assertComplete(): void {
    const sources = readdirSync(DOCTOR).filter((name) => /(?<!\.test)\.ts$/.test(name))
    const known = [...Object.values(SOURCES).flat(), 'finding.ts', 'open_transactions.ts']
    assert.deepEqual(sources.toSorted(), known.toSorted(), 'add the source to SOURCES')
    const possible = possibleFindings(SOURCES[file])
    assert.ok(possible.length > 15, `${possible.length}`)
    const without = possible.filter(
      ({ check, state, seen }) =>
        !said.some((one) => one.check === check && one.state === state && seen.test(one.seen)),
    )
    assert.deepEqual(
      without.map(({ check, state, like }) => `${check} ${state}: ${like}`),
      [],
    )
  }
}

/** Returns every finding that the code can make. */
function possibleFindings(sources: string[]): { check: string; state: string; like: string; seen: RegExp }[] {
  return sources.flatMap((name) => {
    const source = readFileSync(join(DOCTOR, name), 'utf8')
    return [...source.matchAll(/\b(ok|weak|wrong|unknown)\(\s*(?:check|'(\w+)'),\s*/g)].map((match) => {
      const before = source.slice(0, match.index)
      const check = match[2] ?? [...before.matchAll(/const check = '(\w+)'/g)].at(-1)?.[1] ?? ''
      const text = source.slice(match.index + match[0].length)
      const like = text.slice(0, 80)
      return { check, state: match[1] as string, like, seen: patternOf(text) }
    })
  })
}

/** Returns what matches the string literal at the start of a source text; an expression there can be anything. */
function patternOf(source: string): RegExp {
  const quote = source[0] ?? ''
  if (!'`\'"'.includes(quote)) return /^/
  let pattern = ''
  for (let at = 1; source[at] !== quote; at += 1) {
    if (!source.startsWith('${', at)) {
      pattern += RegExp.escape(source[at] as string)
      continue
    }
    for (let depth = 1; depth > 0; ) {
      at += 1
      depth += source[at + 1] === '{' ? 1 : source[at + 1] === '}' ? -1 : 0
    }
    at += 1
    pattern += '.*'
  }
  return new RegExp(`^${pattern}$`)
}
