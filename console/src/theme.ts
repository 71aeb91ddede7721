import { Anchor, Badge, type CSSVariablesResolver, createTheme } from '@mantine/core'

const FONT = "'IBM Plex Sans Thai Looped', 'Noto Sans Thai Looped', system-ui, sans-serif"

export const theme = createTheme({
  fontFamily: FONT,
  headings: { fontFamily: FONT, fontWeight: '600' },
  primaryColor: 'teal',
  // The default shade is too light for text on white.
  primaryShade: { light: 9, dark: 9 },
  defaultRadius: 'md',
  // Thai vowels and tone marks above and below the line need more room.
  lineHeights: { xs: '1.5', sm: '1.55', md: '1.6', lg: '1.65', xl: '1.7' },
  components: {
    // Thai has no capital letters.
    Badge: Badge.extend({ defaultProps: { tt: 'none' } }),
    // Colour alone does not tell a link from the text around it.
    Anchor: Anchor.extend({ defaultProps: { underline: 'always' } }),
  },
  respectReducedMotion: true,
  cursorType: 'pointer',
})

/** Under the pointer, a button gets darker: the lighter shade of Mantine has too little contrast for its text. */
const UNDER_POINTER = { '--mantine-color-teal-filled-hover': '#066d4d' }

export const colorVariables: CSSVariablesResolver = () => ({ variables: {}, light: UNDER_POINTER, dark: UNDER_POINTER })
