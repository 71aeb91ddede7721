import starlight from '@astrojs/starlight'
import { defineConfig } from 'astro/config'
import { SITE_ORIGIN } from '../server/http/site/site_origin.ts'
import { breakableParts } from './generate/breaks.ts'
import { contractOfSite } from './generate/pages.ts'
import { addressOf, SHELVES } from './generate/shelves.ts'

const { operations } = contractOfSite()

/** An element or text of a rendered line. */
type LinePart = { type: string; value?: string; children?: LinePart[] }

/** Marks in code blocks where a line may end. */
const breaks = {
  name: 'breaks',
  hooks: {
    postprocessRenderedLine: ({ renderData }: { renderData: { lineAst: LinePart } }) => markBreaks(renderData.lineAst),
  },
}

function markBreaks(element: LinePart): void {
  for (const child of element.children ?? []) markBreaks(child)
  if (element.children)
    element.children = element.children.flatMap((child) =>
      child.type === 'text'
        ? breakableParts(child.value ?? '').flatMap((value) => [
            { type: 'text', value },
            ...(/[_.:/,?&(]$/.test(value) ? [{ type: 'element', tagName: 'wbr', properties: {}, children: [] }] : []),
          ])
        : [child],
    )
}

// site/build.ts generates the pages as Markdown before Astro runs.
export default defineConfig({
  // The server replaces this address by its own.
  site: SITE_ORIGIN,
  base: '/developer',
  trailingSlash: 'always',
  build: { inlineStylesheets: 'never' },
  // fonts.css says why.
  vite: { build: { assetsInlineLimit: (file) => file.includes('looped-thai-') } },
  integrations: [
    starlight({
      title: 'Developer Docs',
      logo: { src: './public/favicon.svg', alt: 'Talad' },
      locales: { root: { label: 'ไทย', lang: 'th' }, en: { label: 'English', lang: 'en' } },
      sidebar: SHELVES.map(({ label, guides, tags }) => ({
        label: label.th,
        translations: { en: label.en },
        collapsed: true,
        items: [
          ...guides,
          ...operations.filter((operation) => tags.includes(operation.tag)).map((operation) => addressOf(operation)),
        ],
      })),
      customCss: ['fonts', 'site', 'frame', 'try', 'print'].map((name) => `./src/styles/${name}.css`),
      components: {
        Head: './src/components/Head.astro',
        Header: './src/components/Header.astro',
        PageTitle: './src/components/PageTitle.astro',
        Search: './src/components/Search.astro',
      },
      expressiveCode: {
        plugins: [breaks],
        themes: ['github-dark-default', 'github-light-default'],
        defaultProps: { frame: 'none', wrap: true },
        styleOverrides: { borderRadius: '0.5rem', codeFontSize: '0.8125rem', codeLineHeight: '1.65' },
      },
      tableOfContents: { minHeadingLevel: 2, maxHeadingLevel: 2 },
      pagination: true,
      lastUpdated: false,
      credits: false,
      favicon: '/favicon.svg',
    }),
  ],
})
