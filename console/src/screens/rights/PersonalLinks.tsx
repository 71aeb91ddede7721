import { Button, Group, Stack, Text } from '@mantine/core'
import { useChange, useRead } from '../../api/use_call.ts'
import { useFormat } from '../../language/format.ts'
import { useText } from '../../language/text.ts'
import { Copyable } from '../../parts/Copyable.tsx'
import { FormError } from '../../parts/Failure.tsx'
import { Rows } from '../../parts/Rows.tsx'

/** The most that the server allows: PERSON_LINK_DAYS_MAX in server/limits.ts. */
const LINK_DAYS = 7

/** Makes a link with which the customer sees who received their data, and takes back those that still work. */
export function PersonalLinks({ id }: { id: string }) {
  const t = useText()
  const create = useChange('console.person_links.create')
  return (
    <Stack gap="xs">
      <Text size="sm">
        {t('The link shows the customer who received the data. It is shown only now and is valid for {days} days.', {
          days: LINK_DAYS,
        })}
      </Text>
      {create.data ? (
        <Copyable label={t('Link for the customer')} text={create.data.url} />
      ) : (
        <Group>
          <Button variant="default" loading={create.isPending} onClick={() => create.mutate({ id, days: LINK_DAYS })}>
            {t('Make a link for the customer')}
          </Button>
        </Group>
      )}
      <FormError error={create.error} />
      <WorkingLinks id={id} />
    </Stack>
  )
}

function WorkingLinks({ id }: { id: string }) {
  const t = useText()
  const { time } = useFormat()
  const links = useRead('console.person_links.list', { customer_id: id })
  const revoke = useChange('console.person_links.revoke')
  if (!links.data || links.data.length === 0) return null
  return (
    <>
      <Rows
        label={t('Links that work')}
        rows={links.data}
        rowKey={(link) => link.id}
        columns={[
          {
            label: t('Links that work'),
            cell: ({ created_at, created_by }) => t('{actor}, {at}', { actor: created_by, at: time(created_at) }),
          },
          { label: t('Valid until'), cell: ({ expires_at }) => time(expires_at) },
          {
            label: t('Manage'),
            cell: (link) => (
              <Button
                size="compact-sm"
                color="red"
                variant="outline"
                loading={revoke.isPending && revoke.variables.id === link.id}
                onClick={() => revoke.mutate({ id: link.id })}
              >
                {t('Revoke link')}
              </Button>
            ),
          },
        ]}
      />
      <FormError error={revoke.error} />
    </>
  )
}
