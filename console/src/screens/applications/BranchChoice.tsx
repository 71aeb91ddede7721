import { Radio, Stack, Textarea } from '@mantine/core'
import { useText } from '../../language/text.ts'

type BranchChoiceProps = { chosen: string[] | null; onChange: (ids: string[] | null) => void }

/** All branches, or some of them. The console has no operation for branches yet, so they are named by their ids. */
export function BranchChoice({ chosen, onChange }: BranchChoiceProps) {
  const t = useText()
  return (
    <>
      <Radio.Group
        label={t('Which branches')}
        value={chosen === null ? 'all' : 'some'}
        onChange={(value) => onChange(value === 'all' ? null : [])}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="all" label={t('All branches, also future ones')} />
          <Radio value="some" label={t('Only these branches')} />
        </Stack>
      </Radio.Group>
      {chosen !== null && (
        <Textarea
          label={t('Branch IDs, one per line')}
          defaultValue={chosen.join('\n')}
          onBlur={(event) => onChange(event.currentTarget.value.split(/\s+/).filter(Boolean))}
          autosize
          minRows={2}
          required
        />
      )}
    </>
  )
}
