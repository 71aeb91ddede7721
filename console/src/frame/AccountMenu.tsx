import { Button, Menu, useMantineColorScheme } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { call, chooseBusiness } from '../api/call.ts'
import { cache } from '../api/use_call.ts'
import { useText } from '../language/text.ts'
import { useAccount } from './account.ts'

/** The menu of the member: own account, appearance, sign out. */
export function AccountMenu() {
  const t = useText()
  const { name } = useAccount()
  const navigate = useNavigate()
  const { setColorScheme } = useMantineColorScheme()
  const signOut = async () => {
    await call('console.sign_out', {}).catch(() => {})
    chooseBusiness(null)
    cache.clear()
    await navigate({ to: '/sign-in' })
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          variant="default"
          size="compact-md"
          maw={{ base: 140, sm: 180 }}
          aria-label={t('Signed in as {name}', { name })}
        >
          {name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void navigate({ to: '/account' })}>{t('Account')}</Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => setColorScheme('auto')}>{`${t('Appearance')}: ${t('As the device')}`}</Menu.Item>
        <Menu.Item onClick={() => setColorScheme('light')}>{`${t('Appearance')}: ${t('Light')}`}</Menu.Item>
        <Menu.Item onClick={() => setColorScheme('dark')}>{`${t('Appearance')}: ${t('Dark')}`}</Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => void signOut()}>{t('Sign out')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
