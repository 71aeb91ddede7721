/** Returns the first digits of an id, which tell a few things apart and name nobody. */
export const shortId = (id: string): string => `${id.slice(0, 4)}…`
