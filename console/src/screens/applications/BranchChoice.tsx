import { Checkbox, Radio, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useRead } from '../../api/use_call.ts'
import { useText } from '../../language/text.ts'
import { Loaded } from '../../parts/Loaded.tsx'

/** From more branches on, a search helps. */
const FEW = 10
/** Branches that are drawn at once; a search finds the others. */
const SHOWN = 100

type BranchChoiceProps = { chosen: string[] | null; onChange: (ids: string[] | null) => void }

/** All branches, or some of them. */
export function BranchChoice({ chosen, onChange }: BranchChoiceProps) {
  const t = useText()
  const [text, setText] = useState('')
  const isShown = ({ name, code }: { name: string; code: string }) =>
    `${name} ${code}`.toLowerCase().includes(text.trim().toLowerCase())
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
            <>
              {all.length > FEW && (
                <TextInput
                  type="search"
                  label={t('Find a branch')}
                  description={t('{count} chosen', { count: chosen.length })}
                  value={text}
                  onChange={(event) => setText(event.currentTarget.value)}
                />
              )}
              <Checkbox.Group
                value={chosen}
                onChange={onChange}
                label={t('Only these branches')}
                error={chosen.length === 0 && t('Choose at least one branch.')}
              >
                <Stack gap="xs" mt="xs" mah={320} style={{ overflowY: 'auto' }}>
                  {all
                    .filter(isShown)
                    .slice(0, SHOWN)
                    .map(({ id, name, code }) => (
                      <Checkbox key={id} value={id} label={`${name} (${code})`} />
                    ))}
                </Stack>
              </Checkbox.Group>
            </>
          )}
        </Loaded>
      )}
    </>
  )
}
