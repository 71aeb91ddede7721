/** What a member of a business may do in the console. Each role may do what the roles before it may do. */
export const ROLES = ['viewer', 'admin', 'owner'] as const

export type Role = (typeof ROLES)[number]

export const isRole = (word: string): word is Role => (ROLES as readonly string[]).includes(word)

/** Returns whether a role may do what another role may do. */
export const isAtLeast = (role: Role, least: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(least)
