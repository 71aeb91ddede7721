import { Anchor, Stack, Timeline as Steps, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { TITLES } from '../../api/generated/titles.ts'
import { useRows } from '../../api/use_call.ts'
import { useFormat } from '../../language/format.ts'
import { useLanguage, useText } from '../../language/text.ts'
import { Loaded, More } from '../../parts/Loaded.tsx'
import { useActWords } from '../audit_log/act_words.ts'

const AT_ONCE = 10

/** Who granted and withdrew what, newest first: the entries of the audit log about one application. */
export function Timeline({ applicationId }: { applicationId: string }) {
  const t = useText()
  const language = useLanguage()
  const { time } = useFormat()
  const words = useActWords()
  const acts = useRows('console.audit_log.list', { subject_id: applicationId, limit: AT_ONCE })
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        {t('History of permissions')}
      </Title>
      <Loaded query={acts} empty={t('No member has changed this application.')}>
        {(rows) => (
          <>
            <Steps role="list" bulletSize={16} lineWidth={2} aria-label={t('History of permissions')}>
              {rows.map((act) => (
                <Steps.Item key={act.id} role="listitem" title={TITLES[act.action]?.[language] ?? act.action}>
                  {words(act).map((line) => (
                    <Text size="sm" key={line}>
                      {line}
                    </Text>
                  ))}
                  <Text size="sm" c="dimmed">
                    {t('{actor}, {at}', { actor: act.actor, at: time(act.created_at) })}
                  </Text>
                </Steps.Item>
              ))}
            </Steps>
            <More of={acts} />
          </>
        )}
      </Loaded>
      <Anchor
        className="standalone"
        component={Link}
        {...({ to: '/audit-log', search: { subject_id: applicationId } } as object)}
      >
        {t('Show it in the audit log')}
      </Anchor>
    </Stack>
  )
}
