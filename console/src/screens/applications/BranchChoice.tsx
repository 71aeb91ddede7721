import { Checkbox, Radio, Stack } from '@mantine/core'
import { useRead } from '../../api/use_call.ts'
import { useText } from '../../language/text.ts'
import { Loaded } from '../../parts/Loaded.tsx'

type BranchChoiceProps = { chosen: string[] | null; onChange: (ids: string[] | null) => void }

/** All branches, or some of them. */
export function BranchChoice({ chosen, onChange }: BranchChoiceProps) {
  const t = useText()
  const branches = useRead('console.branches.list', {})
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
        <Loaded query={branches}>
          {(all) => (
            <Checkbox.Group value={chosen} onChange={onChange} label={t('Only these branches')}>
              <Stack gap="xs" mt="xs" mah={320} style={{ overflowY: 'auto' }}>
                {all.map(({ id, name, code }) => (
                  <Checkbox key={id} value={id} label={`${name} (${code})`} />
                ))}
              </Stack>
            </Checkbox.Group>
          )}
        </Loaded>
      )}
    </>
  )
}
