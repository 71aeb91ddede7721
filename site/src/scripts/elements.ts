/** Returns a new element with these properties and children. */
export function element<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  properties: Partial<HTMLElementTagNameMap[T]> = {},
  ...children: (HTMLElement | string)[]
): HTMLElementTagNameMap[T] {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}

/** Returns the language of the page. */
export const pageLanguage = (): 'th' | 'en' => (document.documentElement.lang === 'en' ? 'en' : 'th')
