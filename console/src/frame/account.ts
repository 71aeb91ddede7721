import { createContext, useContext } from 'react'
import type { Account } from '../api/generated/operations.ts'

export type AccountRole = 'viewer' | 'admin' | 'owner'

/** The member who is signed in; set by the frame around every screen. */
export const AccountContext = createContext<Account | null>(null)

export function useAccount(): Account {
  const account = useContext(AccountContext)
  if (!account) throw new Error('A screen is shown outside of the frame')
  return account
}

const RANKS: readonly string[] = ['viewer', 'admin', 'owner'] satisfies AccountRole[]

/** Whether a role is at least another one. */
export const isAtLeast = (role: string, least: AccountRole): boolean => RANKS.indexOf(role) >= RANKS.indexOf(least)

/** Whether the member has at least this role. The server checks it again. */
export const useMay = (least: AccountRole): boolean => isAtLeast(useAccount().role, least)
