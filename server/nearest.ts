import { distance } from 'fastest-levenshtein'

/** Twice our longest name. A longer word is no misspelling, and comparing it would take long. */
const WORD_MAX_LENGTH = 50

/** Returns the most similar known word, if it differs in at most two letters and a third of the word. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > WORD_MAX_LENGTH) return undefined
  const [best] = known.map((name) => ({ name, edits: distance(word, name) })).sort((a, b) => a.edits - b.edits)
  return best && best.edits <= Math.min(2, Math.ceil(best.name.length / 3)) ? best.name : undefined
}
