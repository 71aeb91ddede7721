// Finds words that a browser broke over two lines. Runs inside the page.

// The parts of the DOM that it uses; the types of the tests have no DOM.
type TextNode = { data: string; parentElement: TextParent | null }
type TextParent = { checkVisibility(): boolean; closest(selector: string): TextParent | null }
type TextRange = {
  setStart(node: TextNode, at: number): void
  setEnd(node: TextNode, at: number): void
  getClientRects(): Iterable<{ top: number; width: number }>
}
declare const document: {
  body: object
  createRange(): TextRange
  createTreeWalker(root: object, shown: number): { nextNode(): TextNode | null }
}
declare const NodeFilter: { SHOW_TEXT: number }

/** A broken word, with a bar where the line ends: `read:customer|s`. */
export type BrokenWord = { kind: 'code' | 'word' | 'Thai'; shown: string }

/**
 * Returns the broken words of the visible page:
 *
 * - inline code that is broken elsewhere than after a space or one of `_ . : / , ? & = (`
 * - a name or number in a code block that is broken inside; text above `longest` characters, such as a hash, may break
 * - a Latin word or a Thai word (Intl.Segmenter) in any other text that is broken inside
 *
 * Playwright sends this function to the browser as text, so it uses nothing from outside.
 */
export function brokenWords(longest: number): BrokenWord[] {
  const segmenter = new Intl.Segmenter('th', { granularity: 'word' })
  const range = document.createRange()
  const topOf = (node: TextNode, at: number, to: number): number[] => {
    range.setStart(node, at)
    range.setEnd(node, to)
    return [...range.getClientRects()].filter(({ width }) => width > 0).map(({ top }) => Math.round(top))
  }
  /** Returns whether the rectangles are on several lines; Thai letters above each other differ by some pixels. */
  const isBroken = (tops: number[]): boolean => Math.max(...tops) - Math.min(...tops) > 8
  const found: BrokenWord[] = []
  const check = (node: TextNode, start: number, word: string, kind: BrokenWord['kind'], mayFollow: RegExp): void => {
    if (!isBroken(topOf(node, start, start + word.length))) return
    let before = topOf(node, start, start + 1)
    for (let at = 1; at < word.length; at++) {
      const here = topOf(node, start + at, start + at + 1)
      if (here.length === 0) continue
      if (isBroken([...before, ...here]) && !mayFollow.test(word[at - 1] as string))
        found.push({ kind, shown: `${word.slice(0, at)}|${word.slice(at)}` })
      before = here
    }
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement
    const text = node.data
    if (!parent || text.trim() === '' || !parent.checkVisibility()) continue
    if (!isBroken(topOf(node, 0, text.length))) continue
    const isBlock = parent.closest('pre') !== null
    if (parent.closest('code') && !isBlock)
      for (const { 0: word, index } of text.matchAll(/\S+/g)) check(node, index, word, 'code', /[_.:/,?&=(]/)
    else if (isBlock) {
      for (const { 0: word, index } of text.matchAll(/[\p{L}\p{M}\p{N}%]+/gu))
        if (word.length <= longest && !/\p{Script=Thai}/u.test(word)) check(node, index, word, 'code', /[_.:/]/)
    } else {
      for (const { 0: word, index } of text.matchAll(/[\p{Script=Latin}\p{N}]+/gu))
        check(node, index, word, 'word', /$^/)
      for (const { segment, index } of segmenter.segment(text))
        if (/\p{Script=Thai}/u.test(segment)) check(node, index, segment, 'Thai', /$^/)
    }
  }
  return found
}
