import { Alert, Anchor, Button, Group, NativeSelect, Text } from '@mantine/core'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { ConsoleWebhook, WebhookDelivery } from '../../api/generated/operations.ts'
import { useChange, useRead, useRows } from '../../api/use_call.ts'
import { useMay } from '../../frame/account.ts'
import { useFormat } from '../../language/format.ts'
import { type Text as Translate, useText } from '../../language/text.ts'
import { Dialog } from '../../parts/Dialog.tsx'
import { FormError } from '../../parts/Failure.tsx'
import { useFilters } from '../../parts/filters.ts'
import { Loaded, More } from '../../parts/Loaded.tsx'
import { NoneFound } from '../../parts/NoneFound.tsx'
import { type Column, Rows } from '../../parts/Rows.tsx'
import { Screen } from '../../parts/Screen.tsx'
import { useApplicationLabel } from '../applications/Applications.tsx'
import { Replay } from './Replay.tsx'
import { useWebhookState } from './Webhooks.tsx'

/** One webhook with its deliveries. */
export function WebhookScreen() {
  const t = useText()
  const state = useWebhookState()
  const label = useApplicationLabel()
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const webhooks = useRead('console.webhooks.list', {})
  const webhook = webhooks.data?.find((one) => one.id === id)
  const may = useMay('admin')
  return (
    <Screen title={webhook?.endpoint_url ?? t('Webhooks')} least="admin" {...(webhook && { about: state(webhook) })}>
      <Group>
        <Anchor className="standalone" component={Link} to="/webhooks">
          {t('Back to the webhooks')}
        </Anchor>
        {webhook && (
          <Anchor
            className="standalone"
            component={Link}
            {...({ to: `/applications/${webhook.application_id}` } as object)}
          >
            {t('Webhook of {application}', {
              application: label(webhook.application_id, webhook.application),
            })}
          </Anchor>
        )}
      </Group>
      {webhook && may && <WebhookActions webhook={webhook} />}
      <StatusFilter />
      <DeliveryRows id={id} />
    </Screen>
  )
}

function WebhookActions({ webhook: { id, status, is_suspended } }: { webhook: ConsoleWebhook }) {
  const t = useText()
  const update = useChange('console.webhooks.update')
  const ping = useChange('console.webhooks.ping')
  const [isReplaying, setReplaying] = useState(false)
  const isOn = status === 'ACTIVE' || status === 'FAILING'
  return (
    <>
      <Group>
        <Button
          variant="default"
          loading={update.isPending}
          onClick={() => update.mutate({ id, status: isOn ? 'PAUSED' : 'ACTIVE' })}
        >
          {isOn ? t('Pause') : t('Resume')}
        </Button>
        {/* While the application is paused, nothing can be sent. */}
        {!is_suspended && (
          <>
            <Button variant="default" loading={ping.isPending} onClick={() => ping.mutate({ id })}>
              {t('Send a ping')}
            </Button>
            <Button variant="default" onClick={() => setReplaying(true)}>
              {t('Send events again from a time')}
            </Button>
          </>
        )}
      </Group>
      <FormError error={update.error ?? ping.error} />
      {ping.data && (
        <Alert color={ping.data.delivered ? 'teal' : 'red'} variant="outline" role="status">
          {ping.data.response_status === null
            ? t('The endpoint did not answer the ping.')
            : t('The endpoint answered the ping with status {status}.', { status: ping.data.response_status })}
        </Alert>
      )}
      {isReplaying && <Replay id={id} onClose={() => setReplaying(false)} />}
    </>
  )
}

const statesOf = (t: Translate): Record<string, string> => ({
  PENDING: t('pending'),
  DELIVERED: t('delivered'),
  RETRYING: t('retrying'),
  DEAD: t('dead'),
})

function StatusFilter() {
  const t = useText()
  const [{ status = '' }, change] = useFilters()
  return (
    <search aria-label={t('Filters')}>
      <Group>
        <NativeSelect
          label={t('State')}
          value={status}
          onChange={(event) => change({ status: event.currentTarget.value })}
          data={[
            { value: '', label: t('All states') },
            ...Object.entries(statesOf(t)).map(([value, label]) => ({ value, label })),
          ]}
        />
      </Group>
    </search>
  )
}

function DeliveryRows({ id }: { id: string }) {
  const t = useText()
  const [{ status }] = useFilters()
  const deliveries = useRows(
    'console.webhooks.deliveries',
    { id, status: status as 'DEAD' | undefined },
    { enabled: useMay('admin') },
  )
  const redeliver = useChange('console.webhooks.redeliver')
  const [shown, setShown] = useState<string | null>(null)
  const columns = useColumns((delivery_id) => redeliver.mutate({ id, delivery_id }), setShown)
  return (
    <Loaded query={deliveries} empty={<NoneFound text={t('No deliveries.')} />}>
      {(rows) => (
        <>
          <FormError error={redeliver.error} />
          <Rows label={t('Deliveries')} rows={rows} rowKey={(row) => row.id} columns={columns} />
          <More of={deliveries} />
          {shown && <Content id={id} deliveryId={shown} onClose={() => setShown(null)} />}
        </>
      )}
    </Loaded>
  )
}

/** What an error word of a delivery means. */
const errorText = (error: string, t: Translate): string => {
  const texts: Record<string, string> = {
    dns: t('Its host name has no address.'),
    connect: t('The connection failed.'),
    tls: t('Its certificate is not valid.'),
    timeout: t('It took too long.'),
    redirect: t('It answered with a redirect, which is not followed.'),
    address_blocked: t('Its address is not public.'),
    response_too_large: t('Its answer was too large.'),
    status: t('It answered with an error.'),
    gone: t('It answered that it is gone (410).'),
    not_allowed: t('The application may not see this any more.'),
  }
  return texts[error] ?? error
}

function Content({ id, deliveryId, onClose }: { id: string; deliveryId: string; onClose: () => void }) {
  const t = useText()
  const content = useRead('console.webhooks.delivery_content', { id, delivery_id: deliveryId })
  return (
    <Dialog title={t('What would be sent now')} isOpen onClose={onClose} size="lg">
      <Text size="sm" mb="sm">
        {t(
          'As you and the application may see it. If it shows customers, the record of disclosures says that you have seen them.',
        )}
      </Text>
      <Loaded query={content}>{({ body }) => <pre className="code">{JSON.stringify(body, null, 2)}</pre>}</Loaded>
    </Dialog>
  )
}

function useColumns(onRedeliver: (id: string) => void, onShow: (id: string) => void): Column<WebhookDelivery>[] {
  const t = useText()
  const { seconds, number } = useFormat()
  const states = statesOf(t)
  return [
    { label: t('When'), cell: ({ created_at }) => seconds(created_at) },
    { label: t('Event'), cell: ({ event_type }) => event_type },
    { label: t('State'), cell: ({ status }) => states[status] ?? status },
    { label: t('Attempts'), cell: ({ attempt_count }) => number(attempt_count) },
    {
      label: t('Answer'),
      cell: ({ response_status, error, response_body }) => (
        <>
          {[response_status, error && errorText(error, t)].filter(Boolean).join(' · ')}
          <Text size="sm" c="dimmed" lineClamp={2}>
            {response_body}
          </Text>
        </>
      ),
    },
    {
      label: t('Next try'),
      cell: ({ next_retry_at }) => (next_retry_at === null ? '' : seconds(next_retry_at)),
    },
    {
      label: t('Manage'),
      cell: ({ id }) => (
        <Group gap="xs">
          <Button size="compact-sm" variant="default" onClick={() => onShow(id)}>
            {t('Content')}
          </Button>
          <Button size="compact-sm" variant="default" onClick={() => onRedeliver(id)}>
            {t('Send again')}
          </Button>
        </Group>
      ),
    },
  ]
}
