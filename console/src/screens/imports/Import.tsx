import { Alert, Button, FileInput, Group, NativeSelect, Paper, Progress, Stack, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { businessOfTab, call } from '../../api/call.ts'
import type { Calls, ImportOutcome } from '../../api/generated/operations.ts'
import { useChange } from '../../api/use_call.ts'
import { useFormat } from '../../language/format.ts'
import { useLanguage, useText } from '../../language/text.ts'
import { download } from '../../parts/download.ts'
import { FormError } from '../../parts/Failure.tsx'
import { useFilters } from '../../parts/filters.ts'
import { Screen } from '../../parts/Screen.tsx'
import { EarlierImports } from './EarlierImports.tsx'
import { Outcome } from './Outcome.tsx'
import { Question } from './Question.tsx'

type Input = Calls['console.imports.check']['input']
/** What the member has said about the file, because the file does not. */
export type Answers = Pick<Input, 'encoding' | 'taxes' | 'dates'>

/** As in server/contract/console_limits.ts. */
const FILE_MAX_BYTES = 16 * 1024 * 1024

/** Imports a file: choose it, see what is wrong, then store the rest. */
export function Import() {
  const t = useText()
  const [{ resource = 'customers' }, change] = useFilters()
  const [file, setFile] = useState<File | null>(null)
  const [answers, setAnswers] = useState<Answers>({})
  const check = useMutation({ mutationFn: (input: Input) => call('console.imports.check', input) })
  const load = useChange('console.imports.create')
  const inputOf = (of: File, said: Answers): Input => ({
    ...said,
    resource: resource as Input['resource'],
    id: crypto.randomUUID(),
    changed_at: new Date(of.lastModified).toISOString(),
    file: of,
  })
  const look = (of: File | null, said: Answers) => {
    setFile(of)
    setAnswers(said)
    load.reset()
    check.reset()
    if (of && of.size <= FILE_MAX_BYTES) check.mutate(inputOf(of, said))
  }
  const running = check.isPending ? check.variables : load.isPending ? load.variables : null
  const outcome = load.data ?? check.data
  return (
    <Screen
      title={t('Import a file')}
      about={t(
        'Put customers or products from a spreadsheet into Talad. Nothing is stored before you have seen the result of the check.',
      )}
      least="admin"
    >
      <Paper withBorder p="lg" maw={760}>
        <Stack>
          <NativeSelect
            label={t('What is in the file')}
            value={resource}
            onChange={(event) => {
              change({ resource: event.currentTarget.value })
              look(null, {})
            }}
            data={[
              { value: 'customers', label: t('Customer list') },
              { value: 'products', label: t('Product list') },
            ]}
          />
          <FileInput
            label={t('File (CSV)')}
            description={t('From Excel or Google Sheets: save it as CSV UTF-8. Up to 16 MB.')}
            placeholder={t('Choose a file')}
            accept=".csv,.tsv,.txt,text/csv"
            value={file}
            onChange={(chosen) => look(chosen, {})}
            clearable={file !== null}
            clearButtonProps={{ 'aria-label': t('Choose another file') }}
          />
          <Template resource={resource} />
          {file && file.size > FILE_MAX_BYTES && (
            <Alert color="red" variant="outline" role="alert">
              {t('This file is larger than 16 MB. Split it into several files.')}
            </Alert>
          )}
        </Stack>
      </Paper>
      {running && <Running id={running.id} isCheck={check.isPending} />}
      <FormError error={check.error ?? load.error} />
      {outcome &&
        file &&
        !running &&
        (outcome.asks !== null ? (
          <Question outcome={outcome} onAnswer={(said) => look(file, { ...answers, ...said })} />
        ) : (
          <Outcome
            outcome={outcome}
            isImported={load.isSuccess}
            action={
              !load.isSuccess && <ImportButton outcome={outcome} onImport={() => load.mutate(inputOf(file, answers))} />
            }
          />
        ))}
      <EarlierImports />
    </Screen>
  )
}

function Template({ resource }: { resource: string }) {
  const t = useText()
  const language = useLanguage()
  const made = useMutation({
    mutationFn: () => call('console.imports.template', { resource: resource as Input['resource'], language }),
    onSuccess: ({ csv }) => download(`${resource}.csv`, 'text/csv', csv),
  })
  return (
    <Group>
      <Button variant="subtle" size="compact-sm" loading={made.isPending} onClick={() => made.mutate()}>
        {t('Download a file to fill in')}
      </Button>
      <FormError error={made.error} />
    </Group>
  )
}

/** How far the check or the import is. A short one ends before this asks. */
function Running({ id, isCheck }: { id: string; isCheck: boolean }) {
  const t = useText()
  const { number } = useFormat()
  const { data } = useQuery({
    queryKey: ['console.imports.get', id, businessOfTab()],
    queryFn: () => call('console.imports.get', { id }),
    refetchInterval: 1000,
    // Its first answer can be that the import has not begun.
    retry: false,
  })
  const part = data && data.bytes > 0 ? (100 * data.read_bytes) / data.bytes : 0
  const label = isCheck ? t('Talad is checking the file…') : t('Talad is importing the file…')
  return (
    <Stack gap="xs" maw={760} role="status">
      <Text>{label}</Text>
      <Progress value={part} aria-label={label} animated />
      {data && data.rows > 0 && (
        <Text size="sm" c="dimmed">
          {t('{rows} rows so far', { rows: number(data.rows) })}
        </Text>
      )}
    </Stack>
  )
}

function ImportButton({ outcome, onImport }: { outcome: ImportOutcome; onImport: () => void }) {
  const t = useText()
  const rows = outcome.rows - outcome.rejected
  if (outcome.file_mistake !== null) return null
  if (outcome.created + outcome.updated === 0) return <Text c="dimmed">{t('There is nothing to import.')}</Text>
  return (
    <Group>
      <Button onClick={onImport}>{t('Import {count, plural, one {# row} other {# rows}}', { count: rows })}</Button>
    </Group>
  )
}
