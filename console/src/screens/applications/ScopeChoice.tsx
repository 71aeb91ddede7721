import { Alert, Checkbox, Stack, Text } from '@mantine/core'
import type { GrantableScope } from '../../api/generated/operations.ts'
import { useRead } from '../../api/use_call.ts'
import { isAtLeast, useAccount } from '../../frame/account.ts'
import { useLanguage, useText } from '../../language/text.ts'
import { Loaded } from '../../parts/Loaded.tsx'
import { withoutCodes } from './Applications.tsx'
import type { Draft } from './NewApplication.tsx'

type ScopeChoiceProps = { kind: string; chosen: Draft['scopes']; onChange: (scopes: Draft['scopes']) => void }

/** Each scope with its sentence; contact data apart, with a warning. */
export function ScopeChoice({ kind, chosen, onChange }: ScopeChoiceProps) {
  const t = useText()
  const scopes = useRead('console.scopes.list', {})
  const box = (scope: GrantableScope) => (
    <ScopeBox
      key={scope.scope}
      scope={scope}
      isChosen={(chosen as string[]).includes(scope.scope)}
      onChange={(isChosen) => onChange(changed(chosen, scope.scope, isChosen))}
    />
  )
  return (
    <Loaded query={scopes}>
      {(all) => {
        const own = all.filter((scope) => scope.kind === kind)
        const contact = own.filter(({ is_contact_data }) => is_contact_data)
        return (
          <Stack role="group" aria-label={t('May see')}>
            <Text size="sm" fw={500}>
              {t('May see')} {/* It keeps its room, because rows that move are missed by a finger. */}
              <Text span size="sm" c="dimmed" style={{ visibility: chosen.length === 0 ? 'visible' : 'hidden' }}>
                {t('Choose at least one.')}
              </Text>
            </Text>
            {own.filter(({ is_contact_data }) => !is_contact_data).map(box)}
            {contact.length > 0 && (
              <Alert color="orange" variant="outline" title={t('Contact data of customers')}>
                <Stack gap="sm">
                  <Text size="sm">
                    {t(
                      'Phone numbers, addresses and tax IDs leave your shop with this. Grant it only if the purpose needs it. Every read is recorded.',
                    )}
                  </Text>
                  {contact.map(box)}
                </Stack>
              </Alert>
            )}
          </Stack>
        )
      }}
    </Loaded>
  )
}

/** Adds or takes away a scope. Contact data needs the customers, and leaves with them. */
function changed(chosen: Draft['scopes'], scope: string, isChosen: boolean): Draft['scopes'] {
  const rest = chosen.filter((one) => one !== scope && !(scope === 'read:customers' && one.startsWith(`${scope}:`)))
  if (!isChosen) return rest
  const needed = scope.startsWith('read:customers:') ? ['read:customers'] : []
  return [...new Set([...rest, ...needed, scope])] as Draft['scopes']
}

type ScopeBoxProps = { scope: GrantableScope; isChosen: boolean; onChange: (isChosen: boolean) => void }

function ScopeBox({ scope, isChosen, onChange }: ScopeBoxProps) {
  const t = useText()
  const language = useLanguage()
  const { role } = useAccount()
  const may = isAtLeast(role, scope.least_role === 'owner' ? 'owner' : 'admin')
  return (
    <Checkbox
      label={withoutCodes(scope[language])}
      {...(!may && { description: t('Only an owner can grant this.') })}
      checked={isChosen}
      disabled={!may}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  )
}
