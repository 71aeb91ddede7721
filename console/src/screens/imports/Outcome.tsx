import { Alert, Button, Group, Paper, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import type { ImportOutcome } from '../../api/generated/operations.ts'
import { useFormat } from '../../language/format.ts'
import { serverText } from '../../language/server_messages.ts'
import { type Text as Translate, useLanguage, useText } from '../../language/text.ts'
import { download } from '../../parts/download.ts'
import { Rows } from '../../parts/Rows.tsx'

/** What a check found, or what an import did. @property action stands below the numbers */
type OutcomeProps = { outcome: ImportOutcome; isImported: boolean; action?: ReactNode }

export function Outcome({ outcome, isImported, action }: OutcomeProps) {
  const t = useText()
  const language = useLanguage()
  const { file_mistake } = outcome
  return (
    <Stack gap="lg">
      {file_mistake !== null && (
        <Alert color="red" variant="outline" title={t('The file cannot be read to its end')} role="alert" maw={760}>
          {t('The file {message}.', { message: serverText(file_mistake, language) })}
        </Alert>
      )}
      {outcome.rows > 0 && <Counts outcome={outcome} isImported={isImported} />}
      {action}
      {outcome.mistakes.length > 0 && <Mistakes outcome={outcome} />}
      {!isImported && outcome.sample.length > 0 && <Sample outcome={outcome} />}
    </Stack>
  )
}

const separatorsOf = (t: Translate): Record<string, string> => ({
  ',': t('commas'),
  ';': t('semicolons'),
  '\t': t('tabs'),
})

function Counts({ outcome, isImported }: { outcome: ImportOutcome; isImported: boolean }) {
  const t = useText()
  const { created, updated, unchanged, stale, rejected, encoding, separator } = outcome
  const lines: [number, string][] = [
    [created, t('{count, plural, one {# new record} other {# new records}}', { count: created })],
    [updated, t('{count, plural, one {# record changes} other {# records change}}', { count: updated })],
    [
      unchanged,
      t('{count, plural, one {# record stays as it is} other {# records stay as they are}}', { count: unchanged }),
    ],
    [
      stale,
      t('{count, plural, one {# record is newer in Talad and stays} other {# records are newer in Talad and stay}}', {
        count: stale,
      }),
    ],
    [
      rejected,
      t(
        '{count, plural, one {# row has a mistake and is not imported} other {# rows have mistakes and are not imported}}',
        { count: rejected },
      ),
    ],
  ]
  return (
    <Alert
      color={isImported ? 'teal' : rejected > 0 ? 'orange' : 'teal'}
      variant="outline"
      title={isImported ? t('The file is imported') : t('Result of the check')}
      role="status"
      maw={760}
    >
      <ul>{lines.flatMap(([count, text]) => (count > 0 ? [<li key={text}>{text}</li>] : []))}</ul>
      {!isImported && <Text size="sm">{t('Nothing is stored yet.')}</Text>}
      {encoding !== null && separator !== null && (
        <Text size="sm" c="dimmed">
          {t('Encoding {encoding}, columns separated by {separator}', {
            encoding: encoding.toUpperCase(),
            separator: separatorsOf(t)[separator] ?? separator,
          })}
        </Text>
      )}
    </Alert>
  )
}

/** Mistakes that the screen shows; the file has more. */
const SHOWN = 100

function Mistakes({ outcome }: { outcome: ImportOutcome }) {
  const t = useText()
  const { number } = useFormat()
  const language = useLanguage()
  const { mistakes, rejected } = outcome
  const shown = mistakes.slice(0, SHOWN)
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        {t('What is wrong, by line')}
      </Title>
      <Rows
        label={t('What is wrong, by line')}
        rows={shown}
        rowKey={({ line }) => String(line)}
        columns={[
          { label: t('Line'), width: '6rem', cell: ({ line }) => number(line) },
          {
            label: t('What is wrong'),
            width: '45%',
            cell: ({ reasons }) => reasons.map((reason) => serverText(reason, language)).join(' · '),
          },
          {
            label: t('Row in the file'),
            cell: ({ row }) => (
              <Text size="sm" c="dimmed" lineClamp={2}>
                {row}
              </Text>
            ),
          },
        ]}
      />
      {rejected > shown.length && (
        <Text size="sm">
          {t('These are the first {shown} of {count}.', { shown: number(shown.length), count: number(rejected) })}
        </Text>
      )}
      <Group>
        <Button
          variant="default"
          onClick={() => download(`${outcome.resource}-rejects.csv`, 'text/csv', rejectsOf(outcome, language))}
        >
          {t('Download the wrong rows')}
        </Button>
        <Text size="sm" c="dimmed">
          {t('Correct them in this file, then import it here again.')}
        </Text>
      </Group>
    </Stack>
  )
}

/** Returns the wrong rows below their reasons, as `talad import` writes them: an import skips the lines of the reasons. */
function rejectsOf({ header, mistakes }: ImportOutcome, language: 'th' | 'en'): string {
  const lines = mistakes.flatMap(({ line, reasons, row }) => [
    ...reasons.map((reason) => `# line ${line}: ${serverText(reason, language).replaceAll(/\s+/g, ' ')}`),
    row,
  ])
  return `\ufeff${[...(header === null ? [] : [header]), ...lines].join('\r\n')}\r\n`
}

function Sample({ outcome }: { outcome: ImportOutcome }) {
  const t = useText()
  const { day } = useFormat()
  const shown = (value: string) => (/^\d{4}-\d\d-\d\d$/.test(value) ? day(value) : value)
  return (
    <Stack gap="sm" maw={760}>
      <Title order={2} size="h4">
        {t('How Talad reads the first rows')}
      </Title>
      {outcome.sample.map(({ line, values }) => (
        <Paper withBorder p="sm" key={line}>
          <Text size="sm" c="dimmed">
            {t('Line')} {line}
          </Text>
          <pre className="record">{values.map(({ field, value }) => `${field}: ${shown(value)}`).join('\n')}</pre>
        </Paper>
      ))}
    </Stack>
  )
}
