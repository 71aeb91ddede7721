// On a phone the cells of a row stand below each other, without the heads of their columns. In tables with the class `labelled`,
// every cell after the first one says its head there.

const OPEN = '<div class="labelled">'

/** Returns Markdown whose labelled tables have the heads in their cells. The style sheet hides them in wide tables. */
export function withLabels(markdown: string): string {
  let heads: string[] | null = null
  let isLabelled = false
  return markdown
    .split('\n')
    .map((line) => {
      if (line === OPEN) isLabelled = true
      if (line === '</div>') [isLabelled, heads] = [false, null]
      if (!isLabelled || !line.startsWith('|') || /^\|[-|]+$/.test(line)) return line
      const cells = line.slice(1, -1).split('|')
      if (heads) return `|${cells.map((cell, at) => (at === 0 ? cell : labelled(heads?.[at] ?? '', cell))).join('|')}|`
      heads = cells.map((cell) => cell.trim())
      return line
    })
    .join('\n')
}

const labelled = (head: string, cell: string): string =>
  ` <span class="head">${head}${head.endsWith('?') ? '' : ':'}</span>${cell}`
