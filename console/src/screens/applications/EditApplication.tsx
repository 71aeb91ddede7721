import { Stack, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Application } from '../../api/generated/operations.ts'
import { useChange } from '../../api/use_call.ts'
import { useText } from '../../language/text.ts'
import { FormDialog } from '../../parts/Dialog.tsx'
import { useFieldMistake } from '../../parts/Failure.tsx'
import { BranchChoice } from './BranchChoice.tsx'
import type { Draft } from './NewApplication.tsx'
import { ScopeChoice } from './ScopeChoice.tsx'

type EditApplicationProps = { application: Application; onSaved: () => void; onClose: () => void }

/** Changes an application. Only what is different is sent, so the audit log names only that. */
export function EditApplication({ application, onSaved, onClose }: EditApplicationProps) {
  const t = useText()
  const update = useChange('console.applications.update')
  const mistake = useFieldMistake(update.error)
  const [scopes, setScopes] = useState(application.scopes as Draft['scopes'])
  const [branchIds, setBranchIds] = useState(application.branch_ids)
  const readsCustomers = scopes.includes('read:customers')
  const save = (values: Record<string, string>) => {
    const finish = () => {
      onSaved()
      onClose()
    }
    const changes = changesOf(application, { ...settingsIn(values), scopes, branch_ids: branchIds })
    update.mutate({ id: application.id, ...changes }, { onSuccess: finish })
  }
  return (
    <FormDialog
      title={t('Edit {name}', application)}
      action={t('Save')}
      isOpen
      onClose={onClose}
      size="lg"
      error={update.error}
      isBusy={update.isPending}
      isIncomplete={branchIds?.length === 0}
      onSubmit={save}
    >
      <Stack>
        <TextInput
          name="name"
          label={t('Application name')}
          defaultValue={application.name}
          error={mistake('name')}
          maxLength={200}
          required
        />
        <TextInput name="contact" label={t('Whom to ask about it')} defaultValue={application.contact ?? ''} />
        <Textarea
          name="purpose"
          label={t('Purpose')}
          description={t('Required if it reads customers')}
          defaultValue={application.purpose ?? ''}
          error={mistake('purpose')}
          required={readsCustomers}
          autosize
        />
        <TextInput
          name="legal_basis"
          label={t('Legal basis')}
          defaultValue={application.legal_basis ?? ''}
          error={mistake('legal_basis')}
          required={readsCustomers}
        />
        <ScopeChoice kind={application.kind} chosen={scopes} onChange={setScopes} />
        <BranchChoice chosen={branchIds} onChange={setBranchIds} />
        <TextInput
          name="history_days"
          type="number"
          label={t('Days of sales that it can read')}
          defaultValue={application.history_days}
          min={1}
          required
        />
        <TextInput
          name="rate_per_second"
          type="number"
          label={t('Requests per second')}
          defaultValue={application.rate_per_second}
          min={1}
          required
        />
      </Stack>
    </FormDialog>
  )
}

/** Returns the settings of the form. It has inputs of its own, such as the radios of the branches, which are no settings. */
function settingsIn({ name, contact, purpose, legal_basis, history_days, rate_per_second }: Record<string, string>) {
  const numbers = { history_days: Number(history_days), rate_per_second: Number(rate_per_second) }
  return { name, contact: contact || null, purpose: purpose || null, legal_basis: legal_basis || null, ...numbers }
}

/** Returns the settings that are different. */
function changesOf(application: Application, wanted: Record<string, unknown>): Record<string, unknown> {
  const before = { ...application, rate_per_second: Number(application.rate_per_second) } as Record<string, unknown>
  const different = Object.entries(wanted).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name]),
  )
  const changes = Object.fromEntries(different)
  // The operation takes the rate together with the burst.
  return changes.rate_per_second === undefined ? changes : { ...changes, rate_requests: application.rate_requests }
}
