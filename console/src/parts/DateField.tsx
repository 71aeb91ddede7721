import { DatePickerInput, DatesProvider } from '@mantine/dates'
import '@mantine/dates/styles.css'
import dayjs from 'dayjs'
import buddhistEra from 'dayjs/plugin/buddhistEra'
import 'dayjs/locale/th'
import { useFormat } from '../language/format.ts'
import { useLanguage, useText } from '../language/text.ts'

// A native date input takes its calendar from the browser, so it would show 2026 beside 2569. dayjs writes the Buddhist year.
dayjs.extend(buddhistEra)

type DateFieldProps = {
  label: string
  /** A day such as 2026-11-30; empty for none. */
  value: string | undefined
  onChange: (day: string) => void
}

/** Whether a text of the URL is a day. */
const isDay = (text: string | undefined): text is string =>
  text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))

/** A day that the member chooses in a calendar, with the year as the rest of the console writes it. */
export function DateField({ label, value, onChange }: DateFieldProps) {
  const t = useText()
  const language = useLanguage()
  const { day } = useFormat()
  const year = language === 'th' ? 'BBBB' : 'YYYY'
  return (
    <DatesProvider settings={{ locale: language, firstDayOfWeek: language === 'th' ? 0 : 1, weekendDays: [] }}>
      <DatePickerInput
        label={label}
        placeholder={t('Choose a day')}
        value={isDay(value) ? value : null}
        onChange={(chosen) => onChange(chosen ?? '')}
        valueFormatter={({ date }) => (typeof date === 'string' ? day(date) : '')}
        monthLabelFormat={`MMMM ${year}`}
        yearLabelFormat={year}
        yearsListFormat={year}
        decadeLabelFormat={year}
        getDayAriaLabel={day}
        ariaLabels={{
          previousMonth: t('Previous month'),
          nextMonth: t('Next month'),
          previousYear: t('Previous year'),
          nextYear: t('Next year'),
          previousDecade: t('Earlier years'),
          nextDecade: t('Later years'),
        }}
        hideOutsideDates
        clearable
        clearButtonProps={{ 'aria-label': t('Clear the day') }}
        popoverProps={{ transitionProps: { duration: 0 } }}
        miw={{ sm: 170 }}
      />
    </DatesProvider>
  )
}
