import { Alert, Stack, Text, Title } from '@mantine/core'
import type { ErasureCertificate } from '../../api/generated/operations.ts'
import { useFormat } from '../../language/format.ts'
import { useText } from '../../language/text.ts'
import { Copyable } from '../../parts/Copyable.tsx'
import { Rows } from '../../parts/Rows.tsx'

/** The certificate of an erasure: when and why, and who had received the data and knows that it was erased. */
export function Erased({ certificate }: { certificate: ErasureCertificate }) {
  const t = useText()
  const { time } = useFormat()
  const { erased_at, erased_by, reason, is_complete, recipients, unknown_spans, statement } = certificate
  return (
    <Stack gap="sm">
      <Alert color="teal" variant="outline" role="status" title={t('The customer is erased')}>
        <Text size="sm">{t('{at}, by {who}. Reason: {reason}', { at: time(erased_at), who: erased_by, reason })}</Text>
        <Text size="sm">
          {is_complete
            ? t('Every application that had received the data knows it.')
            : t('Not every application has confirmed it. If one does not answer, tell its contact yourself.')}
        </Text>
      </Alert>
      <Title order={3} size="h5">
        {t('Applications that had received the data')}
      </Title>
      {recipients.length === 0 ? <Text c="dimmed">{t('None')}</Text> : <Recipients recipients={recipients} />}
      {unknown_spans.map(({ from, to }) => (
        <Text size="sm" key={from}>
          {t(
            'It is unknown who received data between {from} and {to}, because a restore from a backup lost the record.',
            {
              ...{ from: time(from), to: time(to) },
            },
          )}
        </Text>
      ))}
      <details>
        <summary>{t('Signed certificate of the erasure')}</summary>
        <Copyable label={t('Signed certificate of the erasure')} text={statement} />
      </details>
    </Stack>
  )
}

function Recipients({ recipients }: Pick<ErasureCertificate, 'recipients'>) {
  const t = useText()
  const { number } = useFormat()
  const states: Record<string, string> = {
    answered: t('Told: its address has answered'),
    read: t('Told: it has read the event'),
    sent: t('Sent, and not confirmed'),
    not_reached: t('Not reached'),
  }
  return (
    <Rows
      label={t('Applications that had received the data')}
      rows={recipients}
      rowKey={({ application_id }) => application_id}
      columns={[
        {
          label: t('Application'),
          cell: ({ application, application_id, contact }) => (
            <>
              {application ?? application_id}
              <Text size="sm" c="dimmed">
                {contact}
              </Text>
            </>
          ),
        },
        {
          label: t('Class of data'),
          cell: (recipient) => t(recipient.class === 'contact' ? 'contact' : 'profile'),
        },
        { label: t('Times'), cell: ({ times }) => number(times) },
        { label: t('Whether it knows'), cell: ({ state }) => states[state] ?? state },
      ]}
    />
  )
}
