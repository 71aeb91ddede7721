import { Alert, SimpleGrid, Text } from '@mantine/core'
import { TimePicker } from '@mantine/dates'
import { useState } from 'react'
import { useChange } from '../../api/use_call.ts'
import { useAccount } from '../../frame/account.ts'
import { useFormat } from '../../language/format.ts'
import { useText } from '../../language/text.ts'
import { dayAt, instantOf } from '../../language/wall_time.ts'
import { DateField } from '../../parts/DateField.tsx'
import { FormDialog } from '../../parts/Dialog.tsx'

/** Sends the events since a time again. The time is one of the business, wherever the member is. */
export function Replay({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useText()
  const { time: shown } = useFormat()
  const { time_zone: timeZone } = useAccount().business
  const replay = useChange('console.webhooks.replay')
  const [day, setDay] = useState(dayAt(new Date(), timeZone))
  const [time, setTime] = useState('00:00')
  const from = day && time ? instantOf(`${day}T${time}`, timeZone).toISOString() : null
  return (
    <FormDialog
      title={t('Send events again from a time')}
      action={t('Send again')}
      isOpen
      onClose={onClose}
      error={replay.error}
      isBusy={replay.isPending}
      isIncomplete={from === null}
      onSubmit={() => from && replay.mutate({ id, from_time: from })}
    >
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <DateField label={t('Day')} value={day} onChange={setDay} />
        <TimePicker
          label={t('Time')}
          value={time}
          onChange={setTime}
          hoursInputLabel={t('Hour')}
          minutesInputLabel={t('Minute')}
        />
      </SimpleGrid>
      <Text size="sm" c="dimmed">
        {from !== null && t('Events since {at} are sent again.', { at: shown(from) })}{' '}
        {t('Times are those of the business: {zone}.', { zone: timeZone })}
      </Text>
      {replay.data && (
        <Alert color="teal" variant="outline" role="status">
          {t('The events are being sent again.')}
        </Alert>
      )}
    </FormDialog>
  )
}
