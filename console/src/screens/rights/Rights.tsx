import { Badge, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { RightsRequest } from '../../api/generated/operations.ts'
import { useChange, useRead } from '../../api/use_call.ts'
import { useMay } from '../../frame/account.ts'
import { useFormat } from '../../language/format.ts'
import { type Text as Translate, useText } from '../../language/text.ts'
import { FormDialog } from '../../parts/Dialog.tsx'
import { FindCustomer } from '../../parts/FindCustomer.tsx'
import { useFilters } from '../../parts/filters.ts'
import { Loaded } from '../../parts/Loaded.tsx'
import { NoneFound } from '../../parts/NoneFound.tsx'
import { type Column, Rows } from '../../parts/Rows.tsx'
import { Screen } from '../../parts/Screen.tsx'
import { shortId } from '../../parts/short_id.ts'
import { CustomerRights } from './CustomerRights.tsx'

/** Requests of customers, and what can be done for one of them. */
export function Rights() {
  const t = useText()
  const [{ customer, state }, change] = useFilters()
  return (
    <Screen
      title={t("Customers' rights")}
      about={t('Requests of customers about their data, with the day by which the law wants an answer.')}
      least="admin"
    >
      {customer ? (
        <CustomerRights id={customer} />
      ) : (
        <>
          <search aria-label={t('Filters')}>
            <Stack gap="sm">
              <FindCustomer />
              <Group>
                <NativeSelect
                  label={t('State')}
                  value={state ?? ''}
                  onChange={(event) => change({ state: event.currentTarget.value })}
                  data={[
                    { value: '', label: t('Only open requests') },
                    { value: 'all', label: t('All') },
                  ]}
                />
              </Group>
            </Stack>
          </search>
          <RequestRows />
        </>
      )}
    </Screen>
  )
}

export const kindText = (kind: string, t: Translate): string => {
  const texts: Record<string, string> = {
    access: t('Copy of the data'),
    erasure: t('Erasure of the data'),
    rectification: t('Correction of the data'),
    objection: t('Objection to the use of the data'),
  }
  return texts[kind] ?? kind
}

function RequestRows() {
  const t = useText()
  const [{ state }] = useFilters()
  const requests = useRead(
    'console.rights_requests.list',
    { state: state === 'all' ? 'all' : 'open' },
    { enabled: useMay('admin') },
  )
  const [closed, setClosed] = useState<RightsRequest | null>(null)
  const columns = useColumns(setClosed)
  return (
    <Loaded query={requests} empty={<NoneFound text={t('No requests.')} />}>
      {(rows) => (
        <>
          <Rows label={t("Customers' rights")} rows={rows} rowKey={({ id }) => id} columns={columns} />
          {closed && <CloseRequest request={closed} onClose={() => setClosed(null)} />}
        </>
      )}
    </Loaded>
  )
}

function useColumns(onClose: (request: RightsRequest) => void): Column<RightsRequest>[] {
  const t = useText()
  const { day } = useFormat()
  const [, change] = useFilters()
  const states: Record<string, string> = { OPEN: t('open'), DONE: t('done'), REFUSED: t('refused') }
  return [
    {
      label: t('Kind of request'),
      cell: ({ kind, customer_id }) => (
        <>
          {kindText(kind, t)}
          {/* Who it is stands on the screen of the customer: the ledger records each reading of a name. */}
          <Text size="sm" c="dimmed">
            {t('Customer')} {shortId(customer_id)}
          </Text>
        </>
      ),
    },
    { label: t('Received'), cell: ({ received_at }) => day(received_at) },
    { label: t('Received by'), cell: ({ received_by }) => received_by },
    {
      label: t('Answer until'),
      cell: ({ due_at, state }) => (
        <>
          {day(due_at)}{' '}
          {state === 'OPEN' && new Date(due_at) < new Date() && (
            <Badge variant="outline" color="red">
              {t('overdue')}
            </Badge>
          )}
        </>
      ),
    },
    {
      label: t('State'),
      cell: ({ state, reason }) => (
        <>
          {states[state] ?? state}
          <Text size="sm" c="dimmed">
            {reason}
          </Text>
        </>
      ),
    },
    {
      label: t('Manage'),
      cell: (request) => (
        <Group gap="xs">
          <Button size="compact-sm" variant="default" onClick={() => change({ customer: request.customer_id })}>
            {t('Open customer')}
          </Button>
          {request.state === 'OPEN' && (
            <Button size="compact-sm" variant="default" onClick={() => onClose(request)}>
              {t('Close request')}
            </Button>
          )}
        </Group>
      ),
    },
  ]
}

function CloseRequest({ request, onClose }: { request: RightsRequest; onClose: () => void }) {
  const t = useText()
  const close = useChange('console.rights_requests.close')
  return (
    <FormDialog
      title={t('Close request')}
      action={t('Close request')}
      isOpen
      onClose={onClose}
      error={close.error}
      isBusy={close.isPending}
      onSubmit={({ refusal_reason }) =>
        close.mutate({ id: request.id, ...(refusal_reason && { refusal_reason }) }, { onSuccess: onClose })
      }
    >
      <Text size="sm">{t('Leave the reason empty if the request was fulfilled.')}</Text>
      <TextInput name="refusal_reason" label={t('Reason of a refusal')} />
    </FormDialog>
  )
}
