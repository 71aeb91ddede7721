import { Button, Group, NativeSelect, Paper, Stack, Textarea, TextInput, Title } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { ApplicationWithSecret, Calls } from '../../api/generated/operations.ts'
import { useChange, useRead } from '../../api/use_call.ts'
import { useText } from '../../language/text.ts'
import { FormError } from '../../parts/Failure.tsx'
import { useFilters } from '../../parts/filters.ts'
import { Screen } from '../../parts/Screen.tsx'
import { BranchChoice } from './BranchChoice.tsx'
import { Effect } from './Effect.tsx'
import { NewSecret } from './NewSecret.tsx'
import { ScopeChoice } from './ScopeChoice.tsx'

/** What the three steps collect. A new field of an application is one more member of it, and one more input of a step. */
export type Draft = Calls['console.applications.create']['input']

const EMPTY: Draft = { name: '', kind: 'partner', scopes: [], branch_ids: null }

/** As in server/limits.ts. */
const HISTORY_DAYS = 30

export function NewApplication() {
  const t = useText()
  const [step, setStep] = useStep()
  const [draft, setDraft] = useState<Draft>(EMPTY)
  const create = useChange('console.applications.create')
  const change = (changed: Partial<Draft>) => setDraft({ ...draft, ...changed })
  const nameMistake = useNameMistake(draft.name)
  if (create.data) return <Ready made={create.data} />
  const titles = [t('who it is and what for'), t('what it may see'), t('where, and what that shows')]
  return (
    <Screen title={t('Add an application')} least="admin">
      <Paper withBorder p="lg" maw={760}>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (step < 3) setStep(step + 1)
            else create.mutate(stated(draft))
          }}
        >
          <Stack>
            <Title order={2} size="h4" aria-live="polite">
              {t('Step {step} of 3: {title}', { step, title: titles[step - 1] })}
            </Title>
            {step === 1 && <Who draft={draft} nameMistake={nameMistake} onChange={change} />}
            {step === 2 && (
              <>
                <ScopeChoice
                  kind={draft.kind ?? 'partner'}
                  chosen={draft.scopes}
                  onChange={(scopes) => change({ scopes })}
                />
                {readsCustomers(draft) && <Statements draft={draft} onChange={change} />}
              </>
            )}
            {step === 3 && (
              <>
                <BranchChoice chosen={draft.branch_ids} onChange={(branch_ids) => change({ branch_ids })} />
                {draft.scopes.includes('read:sales') && (
                  <TextInput
                    type="number"
                    label={t('Days of sales that it can read')}
                    description={t('An accountant needs more than a month, for example 400 days.')}
                    value={draft.history_days ?? HISTORY_DAYS}
                    onChange={(event) => change({ history_days: Number(event.currentTarget.value) })}
                    min={1}
                    required
                  />
                )}
                <Effect scopes={draft.scopes} branchIds={draft.branch_ids} />
              </>
            )}
            <FormError error={create.error} />
            <Group justify="space-between">
              {step === 1 ? (
                <Button variant="default" component={Link} to="/applications">
                  {t('Cancel')}
                </Button>
              ) : (
                <Button variant="default" onClick={() => setStep(step - 1)}>
                  {t('Back')}
                </Button>
              )}
              <Button
                type="submit"
                loading={create.isPending}
                disabled={isIncomplete(step, draft) || (step === 1 && nameMistake !== null)}
              >
                {step < 3 ? t('Continue') : t('Create application')}
              </Button>
            </Group>
          </Stack>
        </form>
      </Paper>
    </Screen>
  )
}

/** The step is in the URL, so that the browser goes back by one step. After a reload nothing is filled in, so it is the first. */
function useStep(): [number, (step: number) => void] {
  const [{ step = '1' }] = useFilters()
  const navigate = useNavigate()
  const [reached, setReached] = useState(1)
  const shown = Math.min(Number(step) || 1, reached)
  useEffect(() => {
    if (step !== String(shown)) void navigate({ to: '.', search: searchOf(shown), replace: true })
  }, [step, shown, navigate])
  const go = (to: number) => {
    setReached(Math.max(reached, to))
    void navigate({ to: '.', search: searchOf(to) })
  }
  return [shown, go]
}

const searchOf = (step: number) => (step > 1 ? { step: String(step) } : {}) as never

/** Whether a step waits for a choice that the browser does not check. */
const isIncomplete = (step: number, { scopes, branch_ids }: Draft): boolean =>
  (step === 2 && scopes.length === 0) || (step === 3 && branch_ids?.length === 0)

/** Returns the draft without empty texts: what nobody stated is not sent. */
const stated = (draft: Draft): Draft =>
  Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== '')) as Draft

const readsCustomers = ({ scopes }: Draft): boolean => scopes.includes('read:customers')

/** Says that another application has the name. The server checks it again. */
function useNameMistake(name: string): string | null {
  const t = useText()
  const applications = useRead('console.applications.list', {})
  const isTaken = applications.data?.some((one) => one.name === name.trim() && one.revoked_at === null)
  return isTaken ? t('Another application has this name.') : null
}

type PartOfDraft = { draft: Draft; onChange: (changed: Partial<Draft>) => void }

function Who({ draft, nameMistake, onChange }: PartOfDraft & { nameMistake: string | null }) {
  const t = useText()
  return (
    <>
      <TextInput
        label={t('Application name')}
        description={t('For example the accountant or the system')}
        value={draft.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
        error={nameMistake}
        maxLength={200}
        required
      />
      <TextInput
        label={t('Whom to ask about it')}
        description={t('Name and phone number')}
        value={draft.contact ?? ''}
        onChange={(event) => onChange({ contact: event.currentTarget.value })}
      />
      <NativeSelect
        label={t('Kind')}
        value={draft.kind ?? 'partner'}
        onChange={(event) => onChange({ kind: event.currentTarget.value === 'pos' ? 'pos' : 'partner', scopes: [] })}
        data={[
          { value: 'partner', label: t('Reads data') },
          { value: 'pos', label: t('Sends data (POS)') },
        ]}
      />
      <Statements draft={draft} onChange={onChange} />
    </>
  )
}

/** Why the application reads personal data. The second step asks again if nothing is stated. */
function Statements({ draft, onChange }: PartOfDraft) {
  const t = useText()
  return (
    <>
      <Textarea
        label={t('Purpose')}
        description={t('Required if it reads customers')}
        value={draft.purpose ?? ''}
        onChange={(event) => onChange({ purpose: event.currentTarget.value })}
        required={readsCustomers(draft)}
        autosize
      />
      <TextInput
        label={t('Legal basis')}
        description={t('For example: contract, section 24 (3) of the PDPA')}
        value={draft.legal_basis ?? ''}
        onChange={(event) => onChange({ legal_basis: event.currentTarget.value })}
        required={readsCustomers(draft)}
      />
    </>
  )
}

function Ready({ made }: { made: ApplicationWithSecret }) {
  const t = useText()
  const [isCopied, setCopied] = useState(false)
  // The last step was scrolled down, and the secret is shown only here.
  useEffect(() => scrollTo({ top: 0 }), [])
  return (
    <Screen title={t('{name} is ready', { name: made.name })}>
      <Stack maw={760}>
        <NewSecret made={made} isCopied={isCopied} onCopied={() => setCopied(true)} />
        <Group>
          <Button variant="default" component={Link} {...({ to: `/applications/${made.id}` } as object)}>
            {t('Open the application')}
          </Button>
        </Group>
      </Stack>
    </Screen>
  )
}
