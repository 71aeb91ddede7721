import { Alert, AppShell, Burger, Container, Group, NativeSelect, NavLink, Stack } from '@mantine/core'
import { useDisclosure, useNetwork } from '@mantine/hooks'
import { Link, Outlet, useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { businessOfTab, CallError, chooseBusiness } from '../api/call.ts'
import type { Account } from '../api/generated/operations.ts'
import { cache, useRead } from '../api/use_call.ts'
import { showLanguage, useText } from '../language/text.ts'
import { Failure } from '../parts/Failure.tsx'
import { Waiting } from '../parts/Loaded.tsx'
import { AccountMenu } from './AccountMenu.tsx'
import { AccountContext, isAtLeast } from './account.ts'
import { LanguageSwitch } from './LanguageSwitch.tsx'
import { PLACES } from './places.ts'

/** The frame around every screen: who is signed in, the business and the navigation. */
export function Frame() {
  const me = useRead('console.me.get', {})
  const router = useRouter()
  const isSignedOut = me.error instanceof CallError && me.error.code === 'invalid_session'
  const account = me.data
  if (account && businessOfTab() === null) {
    // The keys of the queries have the business, so it is chosen before a screen reads: else each would read twice.
    chooseBusiness(account.business.id)
    // Without this, the next render would have no account, and close every dialog.
    cache.setQueryData(['console.me.get', {}, account.business.id], account)
  }
  useEffect(() => {
    if (!account) return
    showLanguage(account.language === 'en' ? 'en' : 'th')
  }, [account])
  useEffect(() => {
    if (!isSignedOut) return
    const search = { next: router.state.location.href }
    void router.navigate({ to: '/sign-in', search: search as never, replace: true })
  }, [isSignedOut, router])
  if (isSignedOut) return <Waiting />
  if (me.error && !account)
    return (
      <Container size="sm" py="xl" component="main">
        <Failure error={me.error} onRetry={() => void leaveBusiness().then(() => me.refetch())} />
      </Container>
    )
  if (!account) return <Waiting />
  return (
    <AccountContext value={account}>
      <Shell account={account} />
    </AccountContext>
  )
}

/** Forgets the business of the tab: the member may have been removed from it. */
async function leaveBusiness(): Promise<void> {
  chooseBusiness(null)
  await cache.invalidateQueries()
}

function Shell({ account }: { account: Account }) {
  const t = useText()
  const [isOpen, { toggle, close }] = useDisclosure(false)
  const { online } = useNetwork()
  return (
    <AppShell
      header={{ height: 60 }}
      navbar={{ width: 260, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="md"
      transitionDuration={0}
    >
      <a className="skip" href="#content">
        {t('Skip to content')}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t('Menu')} />
            <Link to="/" className="brand">
              Talad
            </Link>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <LanguageSwitch isSignedIn />
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label={t('Screens')}>
        <Stack gap={2}>
          <BusinessSwitch account={account} />
          {PLACES.filter(({ least }) => isAtLeast(account.role, least)).map(({ path, label }) => (
            <NavLink
              key={path}
              component={Link as unknown as 'a'}
              {...({ to: path } as object)}
              className="screen-link"
              label={t(label)}
              onClick={close}
            />
          ))}
        </Stack>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Container size="xl" px={0}>
          {!online && (
            <Alert color="yellow" variant="outline" mb="md" role="status">
              {t('You are offline. What you see may be out of date.')}
            </Alert>
          )}
          <Outlet />
        </Container>
      </AppShell.Main>
    </AppShell>
  )
}

function BusinessSwitch({ account }: { account: Account }) {
  const t = useText()
  return (
    <NativeSelect
      mb="sm"
      label={t('Shown business')}
      value={account.business.id}
      data={account.businesses.map(({ id, name }) => ({ value: id, label: name }))}
      onChange={(event) => {
        chooseBusiness(event.currentTarget.value)
        // The rows of one business never show in another.
        void cache.resetQueries()
      }}
    />
  )
}
