// How many columns of a terminal a text takes. Thai vowels and tone marks stand above or below their letter and take
// none; Chinese, Japanese, Korean and most emoji take two.

const NOTHING = /[\p{Mn}\p{Me}\p{Cf}]/u
const TWO =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1F64F}\u{1F900}-\u{1F9FF}\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u

/** Columns that one character takes. */
function columnsOf(character: string): number {
  // By far the most.
  if (character < '\u0300') return 1
  if (NOTHING.test(character)) return 0
  return TWO.test(character) ? 2 : 1
}

/** Columns that this text takes; control characters must be gone (`shown`). */
export function width(text: string): number {
  let columns = 0
  for (const character of text) columns += columnsOf(character)
  return columns
}

/** The text in exactly so many columns: filled with spaces, or cut before the letter that has no room, with a `…`. */
export function fit(text: string, columns: number): string {
  const full = width(text)
  if (full <= columns) return text + ' '.repeat(columns - full)
  let taken = 0
  let kept = ''
  for (const character of text) {
    const more = columnsOf(character)
    // What takes no column belongs to the letter before it.
    if (more > 0 && taken + more > columns - 1) break
    taken += more
    kept += character
  }
  return `${kept}…${' '.repeat(Math.max(0, columns - 1 - taken))}`
}

/** The text as a terminal may be shown it: whatever could move its cursor or recolour it is spelt out. */
export const shown = (text: string): string =>
  text.replaceAll(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, (character) =>
    character === '\n' ? '↵' : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )

/** Lines of at most so many columns, broken between words. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && width(longer) > columns) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}
