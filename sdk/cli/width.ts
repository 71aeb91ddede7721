// Computes the width of a text in terminal columns. Thai vowels and tone marks above or below a letter have width 0;
// Chinese, Japanese and Korean characters and most emoji have width 2.

const NOTHING = /[\p{Mn}\p{Me}\p{Cf}]/u
const TWO =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1F64F}\u{1F900}-\u{1F9FF}\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u

/** Returns the width of one character. */
function columnsOf(character: string): number {
  // Fast path for most characters.
  if (character < '\u0300') return 1
  if (NOTHING.test(character)) return 0
  return TWO.test(character) ? 2 : 1
}

/** Returns the width of a text without control characters (see `printable`). */
export function width(text: string): number {
  let columns = 0
  for (const character of text) columns += columnsOf(character)
  return columns
}

/** Pads the text with spaces to this width, or truncates it with `…`. */
export function fit(text: string, columns: number): string {
  const full = width(text)
  if (full <= columns) return text + ' '.repeat(columns - full)
  let taken = 0
  let kept = ''
  for (const character of text) {
    const more = columnsOf(character)
    // Characters of width 0 belong to the letter before them.
    if (more > 0 && taken + more > columns - 1) break
    taken += more
    kept += character
  }
  return `${kept}…${' '.repeat(Math.max(0, columns - 1 - taken))}`
}

/** Escapes control characters, so that a text cannot move the cursor or change colours of the terminal. */
export const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, (character) =>
    character === '\n' ? '↵' : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )

/** Wraps a text between words into lines of at most this width. */
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
