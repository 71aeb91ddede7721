import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import type { ImportOutcome } from '../../api/generated/operations.ts'
import type { MessageKey } from '../../language/messages.ts'
import { serverText } from '../../language/server_messages.ts'
import { useLanguage, useText } from '../../language/text.ts'
import type { Answers } from './Import.tsx'

type Choice = { said: Answers; label: MessageKey | 'UTF-8' | 'Windows-874' }

const QUESTIONS: Record<string, { question: MessageKey; choices: Choice[] }> = {
  taxes: {
    question: 'Do the prices include the taxes?',
    choices: [
      { said: { taxes: 'included' }, label: 'Yes, they include them' },
      { said: { taxes: 'added' }, label: 'No, they are added' },
    ],
  },
  dates: {
    question: 'Which comes first in the dates?',
    choices: [
      { said: { dates: 'dmy' }, label: 'The day: 13/4/1990' },
      { said: { dates: 'mdy' }, label: 'The month: 4/13/1990' },
    ],
  },
  encoding: {
    question: 'How is the text encoded?',
    choices: [
      { said: { encoding: 'utf-8' }, label: 'UTF-8' },
      { said: { encoding: 'windows-874' }, label: 'Windows-874' },
    ],
  },
}

type QuestionProps = { outcome: ImportOutcome; onAnswer: (said: Answers) => void }

/** Asks for what the file does not say. An answer checks the file again. */
export function Question({ outcome: { asks, file_mistake }, onAnswer }: QuestionProps) {
  const t = useText()
  const language = useLanguage()
  const found = QUESTIONS[asks ?? '']
  if (!found) return null
  return (
    <Alert color="yellow" variant="outline" title={t(found.question)} maw={760}>
      <Stack gap="xs">
        <Text size="sm">{t('The file {message}.', { message: serverText(file_mistake ?? '', language) })}</Text>
        <Group>
          {found.choices.map(({ said, label }) => (
            <Button key={label} variant="default" onClick={() => onAnswer(said)}>
              {label === 'UTF-8' || label === 'Windows-874' ? label : t(label)}
            </Button>
          ))}
        </Group>
      </Stack>
    </Alert>
  )
}
