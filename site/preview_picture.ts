import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { create } from 'fontkitten'
import sharp from 'sharp'
import type { Lang } from './generate/contract.ts'

// The picture that chats and social networks show beside a link to the site. Letters are drawn as paths of the site's own font, so
// the machine that builds needs no fonts.

const LINES: Record<Lang, [text: string, size: number, colour: string][]> = {
  en: [
    ['Talad Partner API', 84, '#ffffff'],
    ['Customers, sales, products and stock of a shop,', 40, '#7fe3d6'],
    ['with the permission of its owner', 40, '#7fe3d6'],
    ['Developer Docs', 34, '#c9d1d9'],
  ],
  th: [
    ['Talad Partner API', 84, '#ffffff'],
    ['ข้อมูลลูกค้า ยอดขาย สินค้า และสต็อกของร้าน', 40, '#7fe3d6'],
    ['โดยได้รับอนุญาตจากเจ้าของร้าน', 40, '#7fe3d6'],
    ['Developer Docs', 34, '#c9d1d9'],
  ],
}
const LEFT = 96
const FIRST_LINE = 270
const SPACING = 1.7

type Glyph = { advanceWidth: number; path: { toSVG(): string } }
type GlyphFont = {
  unitsPerEm: number
  hasGlyphForCodePoint(point: number): boolean
  glyphForCodePoint(point: number): Glyph
}

const FONT = '@fontsource/ibm-plex-sans-thai-looped/files/ibm-plex-sans-thai-looped'
const font = (subset: string): GlyphFont =>
  create(
    readFileSync(createRequire(import.meta.url).resolve(`${FONT}-${subset}-600-normal.woff2`)),
  ) as unknown as GlyphFont

/** Returns the picture of a language as PNG, 1200 × 630. */
export async function previewPicture(lang: Lang): Promise<Buffer> {
  const fonts = [font('latin'), font('thai')]
  let y = FIRST_LINE
  const lines = LINES[lang].map(([text, size, colour]) => {
    const line = `<g fill="${colour}">${pathsOf(text, size, y, fonts)}</g>`
    y += size * SPACING
    return line
  })
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="630">
<rect width="1200" height="630" fill="#0d1117"/><rect width="1200" height="14" fill="#0f766e"/>
<g transform="translate(${LEFT} 84) scale(3)">${mark()}</g>
${lines.join('')}</svg>`
  return sharp(Buffer.from(svg)).png({ compressionLevel: 9, palette: true }).toBuffer()
}

/** Returns the shapes of the logo. */
const mark = (): string =>
  readFileSync(new URL('public/favicon.svg', import.meta.url), 'utf8').replace(
    /^<svg[^>]*>|<title>.*?<\/title>|<\/svg>\s*$/g,
    '',
  )

function pathsOf(text: string, size: number, y: number, fonts: GlyphFont[]): string {
  let x = LEFT
  return [...text]
    .map((letter) => {
      const point = letter.codePointAt(0) as number
      const own = fonts.find((one) => one.hasGlyphForCodePoint(point))
      if (!own) throw new Error(`no glyph for ${letter}`)
      const scale = size / own.unitsPerEm
      const glyph = own.glyphForCodePoint(point)
      const path = `<path transform="translate(${x.toFixed(1)} ${y}) scale(${scale} ${-scale})" d="${glyph.path.toSVG()}"/>`
      x += glyph.advanceWidth * scale
      return path
    })
    .join('')
}
