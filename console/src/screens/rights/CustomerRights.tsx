import { Alert, Anchor, Button, Group, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { useChange, useRead } from '../../api/use_call.ts'
import { useMay } from '../../frame/account.ts'
import { useLanguage, useText } from '../../language/text.ts'
import { FormDialog } from '../../parts/Dialog.tsx'
import { download } from '../../parts/download.ts'
import { FormError } from '../../parts/Failure.tsx'
import { useChosenName } from '../../parts/FindCustomer.tsx'
import { useFilters } from '../../parts/filters.ts'
import { shortId } from '../../parts/short_id.ts'
import { Erased } from './Erased.tsx'
import { PersonalLinks } from './PersonalLinks.tsx'
import { kindText } from './Rights.tsx'

const REQUEST_KINDS = ['access', 'erasure', 'rectification', 'objection'] as const

/** What an owner does for one customer: record a request, make the document or a link, erase. */
export function CustomerRights({ id }: { id: string }) {
  const t = useText()
  const [, change] = useFilters()
  const isOwner = useMay('owner')
  const name = useChosenName(id)
  // A customer who is not erased has no certificate, so an error is an answer.
  const { data: certificate, isPending } = useRead('console.erasures.get', { id })
  const [open, setOpen] = useState<'request' | 'erase' | null>(null)
  const close = () => setOpen(null)
  return (
    <Stack gap="lg" maw={760}>
      <Group justify="space-between">
        <Title order={2} size="h4">
          {name ?? `${t('Customer')} ${shortId(id)}`}
        </Title>
        <Button variant="default" onClick={() => change({ customer: '' })}>
          {t('Back to all requests')}
        </Button>
      </Group>
      <Anchor component={Link} {...({ to: '/disclosures', search: { customer: id } } as object)}>
        {t('Who has seen this customer')}
      </Anchor>
      <Group>
        <Button variant="default" onClick={() => setOpen('request')}>
          {t('Record a request')}
        </Button>
        {isOwner && !isPending && !certificate && (
          <Button color="red" variant="outline" onClick={() => setOpen('erase')}>
            {t('Erase customer')}
          </Button>
        )}
      </Group>
      {certificate && <Erased certificate={certificate} />}
      <AccessDocument id={id} />
      <PersonalLinks id={id} />
      {open === 'request' && <RecordRequest id={id} onClose={close} />}
      {open === 'erase' && <Erase id={id} onClose={close} />}
    </Stack>
  )
}

function AccessDocument({ id }: { id: string }) {
  const t = useText()
  const language = useLanguage()
  const made = useMutation({
    mutationFn: () => call('console.access_document', { id, language }),
    onSuccess: ({ html }) => download('access.html', 'text/html', html),
  })
  return (
    <Stack gap="xs">
      <Text size="sm">
        {t('The document has everything that this system knows about the customer. Give it to nobody else.')}
      </Text>
      <Group>
        <Button variant="default" loading={made.isPending} onClick={() => made.mutate()}>
          {t('Make access document')}
        </Button>
      </Group>
      {made.isSuccess && (
        <Alert color="teal" variant="outline" role="status">
          {t(
            'The file access.html is in your downloads. Open it in a browser to read or print it, and give it to the customer only.',
          )}
        </Alert>
      )}
      <FormError error={made.error} />
    </Stack>
  )
}

function RecordRequest({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useText()
  const create = useChange('console.rights_requests.create')
  return (
    <FormDialog
      title={t('Record a request')}
      action={t('Save')}
      isOpen
      onClose={onClose}
      error={create.error}
      isBusy={create.isPending}
      onSubmit={({ kind, received_by = '' }) =>
        create.mutate(
          {
            customer_id: id,
            kind: kind as (typeof REQUEST_KINDS)[number],
            received_by,
            received_at: new Date().toISOString(),
          },
          { onSuccess: onClose },
        )
      }
    >
      <Text size="sm">{t('The time limit begins now.')}</Text>
      <NativeSelect
        name="kind"
        label={t('Kind of request')}
        data={REQUEST_KINDS.map((kind) => ({ value: kind, label: kindText(kind, t) }))}
      />
      <TextInput name="received_by" label={t('Received by')} maxLength={200} required data-autofocus />
    </FormDialog>
  )
}

function Erase({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useText()
  const erase = useChange('console.customers.erase')
  const name = useChosenName(id)
  return (
    <FormDialog
      title={t('Erase customer')}
      action={t('Erase customer')}
      color="red"
      isOpen
      onClose={onClose}
      error={erase.error}
      isBusy={erase.isPending}
      onSubmit={({ reason = '' }) => erase.mutate({ id, reason }, { onSuccess: onClose })}
    >
      {name !== undefined && <Text fw={600}>{name}</Text>}
      <Text size="sm">
        {t(
          'All personal data of the customer is deleted for ever, here and at every application that listens. Sales stay without the customer.',
        )}
      </Text>
      <TextInput name="reason" label={t('Reason')} required data-autofocus />
    </FormDialog>
  )
}
